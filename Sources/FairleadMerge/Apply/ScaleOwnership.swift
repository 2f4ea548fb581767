package import FairleadModel

/// Converts the managedFields of an object to those of its Scale, and back: a Scale only shows the owners of the number
/// of replicas.
///
/// Reference: k8s.io/apimachinery `managedfields/scalehandler.go`.
package struct ScaleOwnership {
    /// The managedFields of the object.
    let parent: Value?
    /// The version of the object's kind.
    let apiVersion: String

    /// - Parameters:
    ///   - parent: the managedFields of the object.
    ///   - apiVersion: the version of the object's kind.
    package init(parent: Value?, apiVersion: String) {
        self.parent = parent
        self.apiVersion = apiVersion
    }

    private static let replicas = FieldSet([[.field("spec"), .field("replicas")]])
    private static let scaleVersion = "autoscaling/v1"

    private func ownsReplicas(_ set: FieldSet) -> Bool { set.contains([.field("spec"), .field("replicas")]) }

    /// The managedFields of the Scale.
    package var ofScale: Value? {
        guard let managed = ManagedFields(parent) else { return nil }
        var result = ManagedFields()
        for entry in managed.entries where ownsReplicas(entry.set) {
            var owner = entry.owner
            owner.apiVersion = Self.scaleVersion
            result[owner] = ManagedFields.Entry(owner, Self.replicas, time: entry.time)
        }
        return result.value()
    }

    /// The managedFields of the object after a write of its Scale, whose managedFields are `scale`. New owners have no
    /// time.
    package func ofParent(scale: Value?) -> Value? {
        guard var managed = ManagedFields(parent), let scale = ManagedFields(scale) else { return parent }
        let owners = scale.entries.filter { ownsReplicas($0.set) }.map { entry in
            var owner = entry.owner
            owner.apiVersion = apiVersion
            return owner
        }
        let kept = Set(owners)
        var before: Set<FieldOwner> = []
        var gone: Set<FieldOwner> = []
        for entry in managed.entries where ownsReplicas(entry.set) {
            before.insert(entry.owner)
            if kept.contains(entry.owner) { continue }
            let rest = entry.set.subtracting(Self.replicas)
            if rest.isEmpty {
                gone.insert(entry.owner)
            } else {
                managed[entry.owner] = ManagedFields.Entry(entry.owner, rest, time: entry.time)
            }
        }
        managed.remove(gone)
        for owner in owners where !before.contains(owner) {
            let known = managed[owner]
            managed[owner] = ManagedFields.Entry(
                owner, Self.replicas.union(known?.set ?? FieldSet()), time: known?.time)
        }
        return managed.value()
    }
}
