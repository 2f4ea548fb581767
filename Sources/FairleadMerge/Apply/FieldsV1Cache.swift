import FairleadModel
import Synchronization

/// The FieldsV1 of recently owned fields. One manager mostly writes the same fields into all objects of a kind: their
/// specs and statuses share one tree, which is built and stored once.
package final class FieldsV1Cache: Sendable {
    private let trees = Mutex<[FieldSet.Entry: Value]>([:])

    /// Fields with unique names (keys of maps, elements of lists) would let the cache grow without end.
    private static let limit = 256
    private static let largest = 1000

    package init() {}

    func fieldsV1(_ set: FieldSet) -> Value { set.fieldsV1(tree(of:)) }

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
