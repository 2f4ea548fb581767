import FairleadModel

/// A place in the history of one resource. A copy is a second, independent reader; it retains no events.
package struct WatchCursor: Sendable {
    let store: Store
    let resource: GroupResource
    /// The value of the resource's topic whose events are read; nil for all events.
    let topic: String?
    /// The number of the next event.
    var next: Int
    var upTo: Int64

    /// The next events, without waiting.
    ///
    /// - Throws: `.expired` if the next event has been removed from history: the reader was too slow.
    package mutating func next(maximum: Int) throws(StorageError) -> WatchBatch {
        let batch = try store.read(self, maximum: maximum, &next)
        upTo = batch.upTo
        return batch
    }
}
