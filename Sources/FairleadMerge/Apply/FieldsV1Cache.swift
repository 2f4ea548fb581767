import FairleadModel
import Synchronization

/// The FieldsV1 of recently owned fields. One manager mostly writes the same fields into all objects of a kind: their
/// specs and statuses share one tree, which is built and stored once.
package final class FieldsV1Cache: Sendable {
    private let trees = Mutex<[FieldSet.Entry: Value]>([:])

    /// Fields with unique names (keys of maps, elements of lists) would let the cache grow without end.
    private static let limit = 256
    private static let largest = 1000
    /// Parts of a status with no more than this are built sooner than found.
    private static let smallest = 6

    package init() {}

    /// A status has parts with unique names, such as the addresses of pods, and others that are large: each by itself.
    func fieldsV1(_ set: FieldSet) -> Value {
        set.fieldsV1 { entry in
            entry.element == .field("status")
                ? entry.fieldsV1 { $0.children.isSmall(Self.smallest) ? $0.fieldsV1 : tree(of: $0) } : tree(of: entry)
        }
    }

    /// Empties the cache; trees are built again when needed.
    package func removeAll() { trees.withLock { $0 = [:] } }

    /// Metadata is not cached: labels and the uids of owners differ between objects. Large trees are not cached either.
    private func tree(of entry: FieldSet.Entry) -> Value {
        if entry.element == .field("metadata") || !entry.children.isSmall(Self.largest) { return entry.fieldsV1 }
        if let known = trees.withLock({ $0[entry] }) { return known }
        let tree = entry.fieldsV1
        trees.withLock { trees in
            if trees.count >= Self.limit { trees.removeAll() }
            trees[entry] = tree
        }
        return tree
    }
}
