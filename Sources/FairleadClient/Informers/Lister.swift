package import FairleadModel

/// Reads an informer's cache. Cheap to copy and to call; never waits for the network. Lists are unordered.
package struct Lister: Sendable {
    private let informer: Informer

    init(informer: Informer) { self.informer = informer }

    package func get(namespace: String, name: String) -> StoredObject? {
        informer.read { $0.object(namespace, name) }
    }

    package func get(_ name: ObjectName) -> StoredObject? { get(namespace: name.namespace, name: name.name) }

    /// All objects in a namespace, or in all namespaces if nil.
    package func list(namespace: String? = nil) -> [StoredObject] { informer.read { $0.objects(in: namespace) } }

    /// The objects that the index has under `key`; none if there is no such index.
    package func indexed(_ index: String, _ key: String) -> [StoredObject] {
        informer.read { $0.indexed(index, key) }
    }

    /// The keys that the index has objects under.
    package func keys(of index: String) -> [String] { informer.read { $0.keys(of: index) } }

    package var count: Int { informer.read { $0.count } }

    /// Whether the first list has arrived and the handlers have received it.
    package var hasSynced: Bool { informer.hasSynced }
}
