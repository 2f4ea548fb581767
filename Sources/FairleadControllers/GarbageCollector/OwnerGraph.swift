import FairleadClient
import FairleadModel

/// An object that the collector shall look at.
struct GarbageItem: Hashable, Sendable, CustomStringConvertible {
    var resource: GroupVersionResource
    var name: ObjectName

    var description: String { "\(resource.groupResource) \(name)" }
}

/// Who owns whom, read from the informers of all resources by an index on owner uids: there is no second picture of the
/// world that could disagree with them.
struct OwnerGraph: Sendable {
    private static let index = "ownerUIDs"

    let resources: [ManagedResource]
    private let listers: [GroupVersionResource: Lister]
    private let kinds: [String: ManagedResource]

    init(resources: [ManagedResource], informers: InformerSet) {
        self.resources = resources
        var listers: [GroupVersionResource: Lister] = [:]
        var kinds: [String: ManagedResource] = [:]
        for managed in resources {
            let informer = informers.informer(managed.resource)
            informer.addIndex(Self.index) { object in object.value.ownerReferences.map(\.uid) }
            listers[managed.resource] = informer.lister
            kinds["\(managed.resource.group)/\(managed.kind)"] = managed
        }
        self.listers = listers
        self.kinds = kinds
    }

    func object(_ item: GarbageItem) -> Value? { listers[item.resource]?.get(item.name)?.value }

    func dependents(of uid: String) -> [(item: GarbageItem, object: Value)] {
        if uid.isEmpty { return [] }
        return resources.flatMap { managed in
            (listers[managed.resource]?.indexed(Self.index, uid) ?? []).map {
                (GarbageItem(resource: managed.resource, name: $0.objectName), $0.value)
            }
        }
    }

    /// Where the owner is to be found; nil if its kind is unknown, or if a cluster-scoped object names a namespaced
    /// owner: then nothing can be said about it.
    func place(of owner: OwnerReference, namedBy namespace: String) -> GarbageItem? {
        guard let managed = kinds["\(owner.group)/\(owner.kind)"] else { return nil }
        if managed.isNamespaced && namespace.isEmpty { return nil }
        let name = ObjectName(namespace: managed.isNamespaced ? namespace : "", name: owner.name)
        return GarbageItem(resource: managed.resource, name: name)
    }

    /// The owner as the caches show it; nil means absent as far as they know.
    func cachedState(of owner: OwnerReference, namedBy namespace: String) -> GarbageReconciler.Owner? {
        guard let place = place(of: owner, namedBy: namespace) else { return .present }
        guard let object = object(place), object.uid == owner.uid else { return nil }
        return GarbageReconciler.isWaiting(object) ? .waiting : .present
    }
}
