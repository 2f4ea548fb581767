package import FairleadModel

/// An object that routes depend on.
package struct RoutingRecord: Sendable {
    package enum Kind: Int, Sendable, CaseIterable { case node, pod, slice, service }

    package var kind: Kind
    package var value: Value

    package init(_ kind: Kind, _ value: Value) {
        self.kind = kind
        self.value = value
    }
}

/// The store as routes need it: a snapshot, and the changes since an earlier one.
///
/// Implementations guarantee that a commit that has returned to its caller is visible in all three, and do not wait for
/// anything.
package protocol RoutingRecords: Sendable {
    /// The revision of the last commit.
    var revision: Int64 { get }

    /// Every object of these kinds, in any order, as of one revision.
    func load() -> (revision: Int64, records: [RoutingRecord])

    /// The changes after one revision and up to another, each object's in order; nil if history does not reach back
    /// that far. The value of a deletion needs no more than the metadata.
    func changes(after: Int64, through: Int64) -> [(record: RoutingRecord, isDeletion: Bool)]?
}
