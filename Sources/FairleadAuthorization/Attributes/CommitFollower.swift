import FairleadModel
import FairleadStorage

/// A place in the history of some resources: what is made from their objects is brought up to date with it before each
/// use, so it never lags behind a commit that a client has seen.
///
/// Nothing waits: history is in memory, and what a reader has missed is bounded by it.
struct CommitFollower {
    private let store: Store
    private let resources: [GroupResource]
    private var cursors: [WatchCursor] = []
    /// Everything up to here has been seen.
    private var revision: Int64?

    init(_ store: Store, _ resources: [GroupResource]) {
        self.store = store
        self.resources = resources
    }

    /// Reports what has changed since the last call.
    ///
    /// - Parameters:
    ///   - reload: called instead of `apply` when the changes are not known one by one: at first, and if history no
    ///     longer reaches back.
    ///   - apply: called once for each change, in order for each object.
    mutating func follow(reload: (Snapshot) -> Void, apply: (StoreEvent) -> Void) {
        let snapshot = store.current
        if snapshot.revision == revision { return }
        if revision != nil, applyChanges(apply) {
            revision = snapshot.revision
        } else {
            start(at: snapshot)
            reload(snapshot)
        }
    }

    /// - Returns: false if some of them are gone.
    private mutating func applyChanges(_ apply: (StoreEvent) -> Void) -> Bool {
        do throws(StorageError) {
            for index in cursors.indices {
                var isAtEnd = false
                while !isAtEnd {
                    let batch = try cursors[index].next(maximum: 256)
                    for event in batch.events { apply(event) }
                    isAtEnd = batch.atEnd
                }
            }
            return true
        } catch {
            return false
        }
    }

    private mutating func start(at snapshot: Snapshot) {
        do throws(StorageError) {
            cursors = try resources.map { resource throws(StorageError) in
                try store.watch(resource, after: snapshot.revision)
            }
            revision = snapshot.revision
        } catch {
            // History ran past the snapshot in between: the next call loads again.
            cursors = []
            revision = nil
        }
    }
}
