import FairleadModel

/// A place in the history of one resource. Copying it makes a second reader; it holds on to nothing.
package struct WatchCursor: Sendable {
    let store: Store
    let resource: GroupResource
    /// The number of the next event.
    var next: Int
    var upTo: Int64

    /// What comes next, without waiting.
    ///
    /// - Throws: `.expired` when the next event has been forgotten: the reader was too slow.
    package mutating func next(maximum: Int) throws(StorageError) -> WatchBatch {
        let batch = try store.read(resource, from: next, maximum: maximum, seenUpTo: upTo)
        next += batch.events.count
        upTo = batch.upTo
        return batch
    }
}
