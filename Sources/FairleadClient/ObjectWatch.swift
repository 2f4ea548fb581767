package import FairleadModel

/// An open watch of a whole resource: events in revision order, each exactly once.
package protocol ObjectWatch: Sendable {
    /// Waits for the next events and returns all that are available. An empty array means that the watch has ended (by
    /// `cancel`, shutdown of the server, or cancellation of the task). Throws 410 if the watcher has fallen behind
    /// history. Only one task may wait at a time.
    func next() async throws(APIStatus) -> [WatchEvent]

    /// Ends the watch and wakes the waiting task. May be called repeatedly and from any thread.
    func cancel()
}

/// One event of a watch.
package struct WatchEvent: Sendable {
    package enum Kind: Hashable, Sendable {
        case added
        case modified
        case deleted
        /// No change: all events up to `revision` have been delivered. `object` is nil for this kind only.
        case bookmark
    }

    package var kind: Kind
    /// The new version; for a deletion the final one.
    package var object: StoredObject?
    package var revision: Int64

    package init(kind: Kind, object: StoredObject?, revision: Int64) {
        self.kind = kind
        self.object = object
        self.revision = revision
    }
}
