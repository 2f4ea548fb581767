package import FairleadModel

/// An engine that several processes write to at the same time, so that changes come from outside as well.
///
/// The store learns of every change, its own ones included, from the engine's feed, in the order of revisions. It hands
/// in transactions one by one, many at the same time, and never two that name the same key.
package protocol SharedEngine: StorageEngine {
    /// Carries out a transaction, whose operations all get the same revision, whatever its numbering.
    ///
    /// - Parameter completion: called once, on any thread, when the transaction is durable or is known to have failed.
    ///   If the outcome cannot be found out in time, that is an `.io` failure that says so; the feed then shows the
    ///   change, or never will.
    func begin(_ transaction: Transaction, completion: @escaping @Sendable (Result<Int64, SharedFailure>) -> Void)

    /// Delivers everything that happens after the loaded revision. Called once, after `load`.
    func follow(_ follower: EngineFollower)

    /// Asks for a revision that is no older than any transaction that was answered before the call, whoever made it.
    func askRevision(completion: @escaping @Sendable (Result<Int64, StorageError>) -> Void)

    /// Makes the feed reach the revision that `askRevision` gave, or else start anew: the store has waited for it.
    func hastenFeed()
}

/// Why a transaction was not carried out.
package enum SharedFailure: Error, Sendable {
    /// A condition on this key did not hold; the feed shows why at the latest when it has reached `seenAt`.
    case conflict(ObjectKey, seenAt: Int64)
    case failed(StorageError)
}

/// What an engine's feed calls, always on one thread at a time.
package struct EngineFollower: Sendable {
    /// Changes in order of revision; afterwards, everything up to the revision has been delivered. The changes of one
    /// revision come in one call.
    package var advance: @Sendable (_ changes: [EngineChange], _ revision: Int64) -> Void
    /// Changes have been missed: this is what there is now. It has no history.
    package var reset: @Sendable (EngineState) -> Void
    /// What keeps the feed from delivering; nil when it delivers again.
    package var report: @Sendable (_ problem: String?) -> Void

    package init(
        advance: @escaping @Sendable ([EngineChange], Int64) -> Void,
        reset: @escaping @Sendable (EngineState) -> Void, report: @escaping @Sendable (String?) -> Void
    ) {
        self.advance = advance
        self.reset = reset
        self.report = report
    }
}

/// One change as a feed delivers it.
package struct EngineChange: Sendable {
    package enum Content: Sendable {
        case version(EngineVersion)
        case deletion
        /// There is a value that cannot be read.
        case damage(DamagedVersion)
    }

    package var key: ObjectKey
    package var revision: Int64
    package var content: Content

    package init(key: ObjectKey, revision: Int64, content: Content) {
        self.key = key
        self.revision = revision
        self.content = content
    }
}
