package import FairleadModel

/// Reads an informer's picture. Cheap to copy and to call; never waits for the network. Lists are in no order.
package struct Lister: Sendable {
    private let informer: Informer

    init(informer: Informer) { self.informer = informer }

    package func get(namespace: String, name: String) -> StoredObject? {
        informer.read { $0.object(namespace, name) }
    }

    package func get(_ name: ObjectName) -> StoredObject? { get(namespace: name.namespace, name: name.name) }

    /// All objects of a namespace, or of all with nil.
    package func list(namespace: String? = nil) -> [StoredObject] { informer.read { $0.objects(in: namespace) } }

    /// The objects that the index files under `key`; none for an index that does not exist.
    package func indexed(_ index: String, _ key: String) -> [StoredObject] {
        informer.read { $0.indexed(index, key) }
    }

    package var count: Int { informer.read { $0.count } }

    /// Whether the first list has arrived and the handlers have seen it.
    package var hasSynced: Bool { informer.hasSynced }
}
