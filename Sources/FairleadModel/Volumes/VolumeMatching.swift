/// Which volume a claim can bind to. Pure.
///
/// Reference: k8s.io/component-helpers `storage/volume`, k8s.io/kubernetes `pkg/controller/volume/persistentvolume`.
package enum VolumeMatching {
    /// The best of these volumes for the claim: the one reserved for it; otherwise the smallest that is large enough,
    /// among those with the fewest access modes.
    ///
    /// - Parameter isDelayed: whether binding waits for a pod that uses the claim; only a reserved volume is chosen
    ///   then.
    package static func best(for claim: Value, among volumes: [Value], isDelayed: Bool) -> Value? {
        let fitting = volumes.filter { fits($0, claim) }
        if let reserved = fitting.first(where: { isReserved($0, for: claim) }) { return reserved }
        if isDelayed { return nil }
        return fitting.filter { isFree($0, for: claim) }.min { left, right in
            let (leftModes, rightModes) = (modes(of: left).count, modes(of: right).count)
            if leftModes != rightModes { return leftModes < rightModes }
            let (leftSize, rightSize) = (capacity(of: left), capacity(of: right))
            return leftSize == rightSize ? left.name < right.name : leftSize < rightSize
        }
    }

    /// Whether the volume names the claim, even if it did so before the claim existed.
    package static func isReserved(_ volume: Value, for claim: Value) -> Bool {
        guard let reference = volume.at("spec", "claimRef"), reference.text("name") == claim.name,
            reference.text("namespace") == claim.namespace
        else { return false }
        let uid = reference.text("uid")
        return uid.isEmpty || uid == claim.uid
    }

    /// What the claim needs of any volume, reserved or not; not whether the volume is free.
    private static func fits(_ volume: Value, _ claim: Value) -> Bool {
        if volume.at("spec", "claimRef") != nil, !isReserved(volume, for: claim) { return false }
        return volume.deletionTimestamp == nil && requested(by: claim) <= capacity(of: volume)
            && mode(of: volume) == mode(of: claim) && attributesClass(of: volume) == attributesClass(of: claim)
            && Set(modes(of: claim)).isSubset(of: modes(of: volume))
    }

    private static func isFree(_ volume: Value, for claim: Value) -> Bool {
        guard volume.text("status", "phase") == "Available",
            VolumeAnnotations.className(of: volume) == VolumeAnnotations.className(of: claim)
        else { return false }
        guard let selector = claim.at("spec", "selector") else { return true }
        // The API rejects invalid selectors; a claim that has one nevertheless gets no volume.
        guard let parsed = try? LabelSelector(labelSelector: selector) else { return false }
        return parsed.isEmpty || parsed.matches(volume.labels)
    }

    /// Why a claim cannot bind to the volume that it names; nil if it can.
    package static func mismatch(_ volume: Value, _ claim: Value) -> String? {
        if requested(by: claim) > capacity(of: volume) { return "requested PV is too small" }
        if VolumeAnnotations.className(of: volume) != VolumeAnnotations.className(of: claim) {
            return "storageClassName does not match"
        }
        if attributesClass(of: volume) != attributesClass(of: claim) {
            return "volumeAttributesClassName does not match"
        }
        if mode(of: volume) != mode(of: claim) { return "incompatible volumeMode" }
        return Set(modes(of: claim)).isSubset(of: modes(of: volume)) ? nil : "incompatible accessMode"
    }

    package static func capacity(of volume: Value) -> Quantity { quantity(volume.at("spec", "capacity", "storage")) }

    private static func requested(by claim: Value) -> Quantity {
        quantity(claim.at("spec", "resources", "requests", "storage"))
    }

    private static func quantity(_ value: Value?) -> Quantity { value?.string.flatMap { Quantity($0) } ?? Quantity(0) }

    package static func mode(of object: Value) -> String {
        let mode = object.text("spec", "volumeMode")
        return mode.isEmpty ? "Filesystem" : mode
    }

    private static func modes(of object: Value) -> [String] { object.texts("spec", "accessModes") }

    private static func attributesClass(of object: Value) -> String {
        object.text("spec", "volumeAttributesClassName")
    }
}
