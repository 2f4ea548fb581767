import Synchronization

/// Something that went wrong below the store, or has recovered.
package struct StorageFault: Sendable, Hashable {
    package enum Kind: String, Sendable, CaseIterable {
        /// A batch of transactions could not be made durable.
        case commit
        /// The database has reached its quota.
        case space
        /// The database file is no longer the one that was opened.
        case file
        /// The file system is nearly full.
        case disk
        /// Old history, or traces of it, could not be removed.
        case compaction
        /// A shared engine does not say what others change.
        case feed
    }

    package var kind: Kind
    /// What is wrong, and what to do.
    package var message: String
    /// Whether it is over.
    package var isOver: Bool
    /// How often it happened since it was last reported.
    package var count: Int
}

/// What is wrong with storage at the moment. Each fault is reported when it begins, once a minute while it lasts, and
/// when it is over.
package final class StorageFaults: Sendable {
    private struct Active {
        var message: String
        /// When each message was last reported, for a few of them; the rest share one entry.
        var reported: [String: SuspendingClock.Instant] = [:]
        /// Occurrences that have not been reported.
        var silent = 0

        mutating func mustReport(_ message: String, at time: SuspendingClock.Instant) -> Bool {
            let key = reported[message] == nil && reported.count >= 8 ? "" : message
            if let last = reported[key], time < last + StorageFaults.period { return false }
            reported[key] = time
            return true
        }
    }

    private struct State {
        var active: [StorageFault.Kind: Active] = [:]
        /// When the writer began the batch it is working on.
        var busySince: SuspendingClock.Instant?
    }

    private let state = Mutex(State())
    /// Whether `active` has any entries, for the path that every commit takes.
    private let isAny = Atomic<Bool>(false)
    private let report: @Sendable (StorageFault) -> Void
    private let now: @Sendable () -> SuspendingClock.Instant

    private static let period = Duration.seconds(60)

    init(
        now: @escaping @Sendable () -> SuspendingClock.Instant = { .now },
        report: @escaping @Sendable (StorageFault) -> Void
    ) {
        self.now = now
        self.report = report
    }

    /// What is wrong, for this kind; nil while nothing is.
    package subscript(kind: StorageFault.Kind) -> String? { state.withLock { $0.active[kind]?.message } }

    /// How long the writer has been working on the current transactions.
    package var busy: Duration? { state.withLock { $0.busySince }.map { $0.duration(to: now()) } }

    func begin() {
        let time = now()
        state.withLock { $0.busySince = time }
    }

    func end() { state.withLock { $0.busySince = nil } }

    /// Something went wrong, perhaps again.
    func note(_ kind: StorageFault.Kind, _ message: String) {
        let time = now()
        let fault = state.withLock { state -> StorageFault? in
            isAny.store(true, ordering: .releasing)
            var known = state.active[kind] ?? Active(message: message)
            defer { state.active[kind] = known }
            known.message = message
            known.silent += 1
            guard known.mustReport(message, at: time) else { return nil }
            defer { known.silent = 0 }
            return StorageFault(kind: kind, message: message, isOver: false, count: known.silent)
        }
        if let fault { report(fault) }
    }

    /// The operation works again.
    func clear(_ kind: StorageFault.Kind) {
        guard isAny.load(ordering: .acquiring) else { return }
        let fault = state.withLock { state -> StorageFault? in
            guard let known = state.active.removeValue(forKey: kind) else { return nil }
            if state.active.isEmpty { isAny.store(false, ordering: .releasing) }
            return StorageFault(kind: kind, message: known.message, isOver: true, count: known.silent)
        }
        if let fault { report(fault) }
    }
}
