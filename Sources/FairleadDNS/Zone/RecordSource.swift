package import FairleadModel

/// The DNS server's view of the cluster: the API's own snapshots and history, read without waiting.
///
/// Implementations guarantee that a commit that has returned to its caller is visible in `revision`, in `load` and in
/// `changes` from then on. All of them are called on event loops: they must not block on I/O.
package protocol RecordSource: Sendable {
    /// The revision of the last commit.
    var revision: Int64 { get }

    /// Every object of these resources, as of one revision.
    func load(_ resources: [GroupVersionResource]) -> RecordState

    /// The changes of objects of these resources after one revision and up to another, each object's changes in order;
    /// nil if history does not reach back that far.
    func changes(_ resources: [GroupVersionResource], after: Int64, through: Int64) -> [RecordChange]?

    /// Calls `wake` after each commit that touches one of the resources, from any thread; `wake` must not block.
    /// - Returns: a closure that cancels the subscription.
    func onChange(
        of resources: [GroupVersionResource], _ wake: @escaping @Sendable () -> Void
    ) -> @Sendable () -> Void
}

/// The objects that names are derived from, after one commit.
package struct RecordState: Sendable {
    package var revision: Int64
    package var objects: [StoredObject]

    package init(revision: Int64, objects: [StoredObject]) {
        self.revision = revision
        self.objects = objects
    }
}

package struct RecordChange: Sendable {
    /// The new version, or the last one of a deleted object.
    package var object: StoredObject
    package var isDeletion: Bool

    package init(object: StoredObject, isDeletion: Bool) {
        self.object = object
        self.isDeletion = isDeletion
    }
}
