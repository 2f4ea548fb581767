import FairleadModel
import Synchronization

/// The FieldsV1 of what has been owned lately. What the same manager writes into objects of one kind is mostly the same
/// fields: their specs and statuses share one tree, which is built once and takes room once.
package final class FieldsV1Cache: Sendable {
    private let trees = Mutex<[FieldSet.Entry: Value]>([:])

    /// Fields with names of their own (keys of maps, elements of lists) would fill it without end.
    private static let limit = 256
    private static let largest = 1000

    package init() {}

    func fieldsV1(_ set: FieldSet) -> Value { set.fieldsV1(tree(of:)) }

    /// Gives up what is kept: it is made again when it is needed.
    package func removeAll() { trees.withLock { $0 = [:] } }

    /// Metadata is not kept: its labels and the uids of its owners are each object's own. Nor is what is large.
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
