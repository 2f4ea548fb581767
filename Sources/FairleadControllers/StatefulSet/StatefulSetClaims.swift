import FairleadModel

/// The claims that a StatefulSet creates for its pods, and their owners.
///
/// Reference: "StatefulSets" concept page, "PersistentVolumeClaim retention".
struct StatefulSetClaims {
    let statefulSet: Value
    /// Looks up a claim by its name.
    let stored: (String) -> Value?

    private var templates: [Value] { statefulSet.items("spec", "volumeClaimTemplates") }

    private static func name(of template: Value, pod: String) -> String { "\(template.name)-\(pod)" }

    /// Adds volumes for the claims to the pod. They precede its own volumes, and replace those of the same name.
    func mounted(by pod: Value) -> Value {
        let templates = templates
        if templates.isEmpty { return pod }
        var pod = pod
        let names = Set(templates.map(\.name))
        let volumes: [Value] = templates.map {
            [
                "name": .string($0.name),
                "persistentVolumeClaim": ["claimName": .string(Self.name(of: $0, pod: pod.name))],
            ]
        }
        let others = pod.items("spec", "volumes").filter { !names.contains($0.text("name")) }
        pod.set(.array(volumes + others), at: "spec", "volumes")
        return pod
    }

    /// The claims to create for a pod.
    func needed(by pod: String) -> [Value] {
        let selected = statefulSet.at("spec", "selector", "matchLabels")?.stringMap ?? [:]
        return templates.map { template in
            var claim = template
            claim["apiVersion"] = "v1"
            claim["kind"] = "PersistentVolumeClaim"
            claim["status"] = nil
            claim.set(.string(Self.name(of: template, pod: pod)), at: "metadata", "name")
            claim.set(.string(statefulSet.namespace), at: "metadata", "namespace")
            claim.labels = template.labels.merging(selected) { $1 }
            return claim
        }
    }

    /// The claims of a pod that do not exist.
    func missing(for pod: Value) -> [Value] { needed(by: pod.name).filter { stored($0.name) == nil } }

    /// What prevents a missing pod from being created: claims of an earlier pod of the same name, which are deleted
    /// along with it.
    enum Obstacle: Equatable {
        case staleClaim
        /// Claims that are being deleted.
        case deleted([String])
    }

    func obstacle(to pod: String) -> Obstacle? {
        let found = templates.compactMap { stored(Self.name(of: $0, pod: pod)) }
        if statefulSet.at("spec", "persistentVolumeClaimRetentionPolicy", "whenScaled") == "Delete",
            found.contains(where: { $0.ownerReferences.contains { $0.kind == "Pod" && $0.name == pod } })
        {
            return .staleClaim
        }
        let deleted = found.filter { $0.deletionTimestamp != nil }.map(\.name)
        return deleted.isEmpty ? nil : .deleted(deleted)
    }

    /// The patches that set the owner with which the pod's claims are to be deleted: the set, a pod that is scaled
    /// down, or none.
    func patches(of pod: Value, isScaledDown: Bool) -> [(claim: Value, patch: Value)] {
        let policy = statefulSet.at("spec", "persistentVolumeClaimRetentionPolicy")
        var owner: OwnerReference?
        if policy?.text("whenScaled") == "Delete", isScaledDown {
            owner = OwnershipPatch.reference(to: pod, kind: "Pod", apiVersion: "v1")
        } else if policy?.text("whenDeleted") == "Delete" {
            owner = OwnershipPatch.reference(to: statefulSet, kind: "StatefulSet", apiVersion: "apps/v1")
        }
        let ours: Set<String> = [pod.uid, statefulSet.uid]
        return templates.compactMap { template in
            guard let claim = stored(Self.name(of: template, pod: pod.name)) else { return nil }
            let references = claim.ownerReferences
            // Claims controlled by somebody else are left alone.
            if let controller = claim.controllerRef, !ours.contains(controller.uid) { return nil }
            let wanted = references.filter { !ours.contains($0.uid) } + (owner.map { [$0] } ?? [])
            return references == wanted ? nil : (claim, OwnershipPatch.patch(claim, wanted))
        }
    }
}
