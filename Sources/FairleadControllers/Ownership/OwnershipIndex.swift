package import FairleadClient
package import FairleadModel

/// Indexes by which a controller finds what it owns, or might adopt, without walking a namespace.
package enum OwnershipIndex {
    package static let controllerUID = "controllerUID"
    static let orphans = "orphansOfNamespace"

    package static func install(on informer: Informer) {
        informer.addIndex(controllerUID) { object in object.value.controller.map { [$0.text("uid")] } ?? [] }
        informer.addIndex(orphans) { object in object.value.controller == nil ? [object.key.namespace] : [] }
    }

    /// Everything that the owner controls, and everything in its namespace that has no controller; by name.
    static func candidates(of owner: StoredObject, in lister: Lister) -> [StoredObject] {
        let owned = lister.indexed(controllerUID, owner.value.uid)
        let orphans = lister.indexed(orphans, owner.key.namespace)
        // Either is sorted.
        if orphans.isEmpty { return owned }
        return (owned + orphans).sorted { $0.key < $1.key }
    }

    /// The owner's key, if the object is controlled by an object of this kind that `owners` shows.
    package static func owner(of object: Value, kind: String, in owners: Lister) -> ObjectName? {
        guard let reference = object.controller, reference.text("kind") == kind else { return nil }
        let name = ObjectName(namespace: object.namespace, name: reference.text("name"))
        guard let owner = owners.get(name), owner.value.uid == reference.text("uid") else { return nil }
        return name
    }

    /// Owners whose selector matches an object without a controller: any of them may adopt it.
    static func adopters(of object: StoredObject, in owners: Lister) -> [ObjectName] {
        let labels = object.labels
        if labels.isEmpty { return [] }
        return owners.list(namespace: object.key.namespace).filter { owner in
            guard let selector = Selectors.ofWorkload(owner.value) else { return false }
            return selector.matches(labels)
        }.map(\.objectName)
    }
}

package enum Selectors {
    /// The workload's selector; nil if it is missing, malformed or empty (which would own everything).
    package static func ofWorkload(_ workload: Value) -> LabelSelector? {
        of(workload).flatMap { $0.isEmpty ? nil : $0 }
    }

    /// `spec.selector`; nil if it is missing or malformed.
    package static func of(_ object: Value) -> LabelSelector? {
        guard var value = object.at("spec", "selector") else { return nil }
        // The selector of a ReplicationController is just a map of labels.
        if object.kind == "ReplicationController" { value = ["matchLabels": value] }
        // Validation rejects malformed ones; one from an older build selects nothing.
        return try? LabelSelector(labelSelector: value)
    }
}
