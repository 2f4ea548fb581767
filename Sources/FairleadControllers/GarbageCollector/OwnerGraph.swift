import FairleadClient
import FairleadModel
import Synchronization

/// An object that the collector should look at.
struct GarbageItem: Hashable, Sendable, CustomStringConvertible {
    var resource: GroupVersionResource
    var name: ObjectName

    var description: String { "\(resource.groupResource) \(name)" }
}

/// Who owns whom, read from the informers of all resources by an index on owner uids: there is no second graph that
/// could disagree with them.
final class OwnerGraph: Sendable {
    private static let index = "ownerUIDs"

    /// A snapshot of the resources, with the listers of their objects.
    private struct View {
        var listers: [(resource: ManagedResource, lister: Lister)] = []
        var byResource: [GroupVersionResource: Lister] = [:]
        /// By group and kind.
        var kinds: [String: [String: ManagedResource]] = [:]

        init(_ resources: ManagedResources, _ all: [ManagedResource]) {
            for managed in all where managed.resource != .events {
                guard let lister = resources.lister(managed) else { continue }
                listers.append((managed, lister))
                byResource[managed.resource] = lister
                kinds[managed.resource.group, default: [:]][managed.kind] = managed
            }
        }
    }

    private let resources: ManagedResources
    private let made = Mutex<(all: [ManagedResource], view: View)?>(nil)

    init(resources: ManagedResources) { self.resources = resources }

    /// Adds the index by which the graph finds dependents among the objects of an informer.
    static func prepare(_ informer: Informer) {
        informer.addIndex(index) { object in object.value.ownerReferences.map(\.uid) }
    }

    private var view: View {
        let all = resources.all
        return made.withLock { made in
            if let made, made.all == all { return made.view }
            let view = View(resources, all)
            made = (all, view)
            return view
        }
    }

    func object(_ item: GarbageItem) -> Value? { view.byResource[item.resource]?.get(item.name)?.value }

    func dependents(of uid: String) -> [(item: GarbageItem, object: Value)] {
        if uid.isEmpty { return [] }
        return view.listers.flatMap { managed, lister in
            lister.indexed(Self.index, uid).map {
                (GarbageItem(resource: managed.resource, name: $0.objectName), $0.value)
            }
        }
    }

    /// Where to find the owner; nil if its kind is unknown, or if a cluster-scoped object names a namespaced owner:
    /// such an owner cannot be resolved.
    func place(of owner: OwnerReference, namedBy namespace: String) -> GarbageItem? {
        guard let managed = view.kinds[owner.group]?[owner.kind] else { return nil }
        if managed.isNamespaced && namespace.isEmpty { return nil }
        let name = ObjectName(namespace: managed.isNamespaced ? namespace : "", name: owner.name)
        return GarbageItem(resource: managed.resource, name: name)
    }

    /// The owner's state according to the caches; nil if it is absent from them.
    func cachedState(of owner: OwnerReference, namedBy namespace: String) -> GarbageReconciler.Owner? {
        guard let place = place(of: owner, namedBy: namespace) else { return .present }
        guard let object = object(place), object.uid == owner.uid else { return nil }
        return GarbageReconciler.isWaiting(object) ? .waiting : .present
    }

    /// Whether a cluster-scoped object names an owner that is in a namespace.
    func isBeyondReach(_ owner: OwnerReference, namedBy namespace: String) -> Bool {
        namespace.isEmpty && view.kinds[owner.group]?[owner.kind]?.isNamespaced == true
    }

    /// Whether the caches have the owner in a namespace other than that of the object that names it.
    func isElsewhere(_ owner: OwnerReference, namedBy namespace: String) -> Bool {
        let view = view
        guard let managed = view.kinds[owner.group]?[owner.kind], managed.isNamespaced,
            let owners = view.byResource[managed.resource], let namespaces = view.byResource[.namespaces]
        else { return false }
        return namespaces.list().contains { other in
            other.key.name != namespace
                && owners.get(ObjectName(namespace: other.key.name, name: owner.name))?.value.uid == owner.uid
        }
    }
}
