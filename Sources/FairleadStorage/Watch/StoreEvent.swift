package import FairleadModel

/// One change of one object, shared by all watchers.
package final class StoreEvent: Sendable {
    package let revision: Int64
    /// The new version; for a deletion the last content, stamped with the deletion's revision.
    package let object: StoredObject
    package let previous: StoredObject?
    package let isDeletion: Bool

    init(revision: Int64, object: StoredObject, previous: StoredObject?, isDeletion: Bool) {
        self.revision = revision
        self.object = object
        self.previous = previous
        self.isDeletion = isDeletion
    }

    /// The bytes of documents that only history holds because of this event: of the version that was replaced, and for
    /// a deletion also of the copy stamped with its revision.
    var historyBytes: Int { (previous?.bytes.count ?? 0) + (isDeletion ? object.bytes.count : 0) }
}

/// Some of the events that a watcher has not seen yet.
package struct WatchBatch: Sendable {
    /// In order of revision; the events of one transaction are never spread over two batches.
    package var events: [StoreEvent]
    /// Every event of the resource up to this revision was delivered in this batch or before it.
    package var upTo: Int64
    /// Whether there is nothing more at the moment.
    package var atEnd: Bool
}
