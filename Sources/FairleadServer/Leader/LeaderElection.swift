import FairleadContainers
import FairleadModel
import FairleadStorage
import Logging
import Synchronization

/// Decides which replica does what only one may do at a time: controllers and simulated machines.
///
/// The leader renews its lease every second. A replica that has not seen it change for as long as it is valid takes it:
/// clocks of different machines are never compared. A leader that cannot renew stops before the others may take over,
/// and even if it did not, nothing that it writes afterwards is carried out (`StoreFence`).
struct LeaderElection: Sendable {
    struct Timing: Sendable {
        /// How long others wait for a sign of the leader.
        var duration = Duration.seconds(4)
        /// How long a leader goes on without having renewed.
        var patience = Duration.milliseconds(2500)
        var renewal = Duration.seconds(1)
        /// How often a replica that does not lead looks.
        var look = Duration.milliseconds(250)
    }

    let store: Store
    let environment: Environment
    let identity: String
    var timing = Timing()
    let logger: Logger
    /// Whether this replica leads.
    let state = Leading()

    final class Leading: Sendable {
        private let value = Atomic(false)
        var isLeading: Bool { value.load(ordering: .acquiring) }
        fileprivate func set(_ isLeading: Bool) { value.store(isLeading, ordering: .releasing) }
    }

    /// Runs `term` whenever this replica leads, and cancels it when it leads no more, until the task is cancelled.
    func run(_ term: @escaping @Sendable () async -> Void) async {
        while !Task.isCancelled {
            guard let fence = await acquire() else { return }
            logger.notice("this replica leads", metadata: ["identity": .string(identity)])
            state.set(true)
            await withTaskGroup(of: Void.self) { group in
                group.addTask { await StoreFence.$condition.withValue(fence) { await term() } }
                group.addTask { await keep() }
                await group.next()
                state.set(false)
                group.cancelAll()
            }
            if Task.isCancelled {
                await release()
            } else {
                logger.notice("this replica leads no more", metadata: ["identity": .string(identity)])
            }
        }
    }

    // MARK: - taking

    /// Waits until the lease is this replica's.
    /// - Returns: the condition that holds as long as nobody else has taken it; nil if the task is cancelled.
    private func acquire() async -> Transaction.Condition? {
        var seen: (revision: Int64, since: SuspendingClock.Instant)?
        while !Task.isCancelled {
            let snapshot = store.current
            let stored = snapshot.object(LeaderLease.key)
            let lease = LeaderLease(object: stored?.value)
            let revision = stored?.revision ?? 0
            let now = SuspendingClock.now
            let since = seen.flatMap { $0.revision == revision ? $0.since : nil } ?? now
            seen = (revision, since)
            if lease.holder.isEmpty || since + lease.duration <= now {
                var transaction = Transaction(
                    conditions: [
                        .init(key: LeaderLease.key, revision: revision),
                        .init(
                            key: LeaderLease.termKey, revision: snapshot.object(LeaderLease.termKey)?.revision ?? 0),
                    ],
                    operations: [
                        .put(
                            LeaderLease.key,
                            Document(lease.taken(by: identity, for: timing.duration, environment))),
                        .put(LeaderLease.termKey, Document(LeaderLease.term(of: identity))),
                    ])
                transaction.numbering = .together
                do throws(StorageError) {
                    let result = try await store.commit(transaction)
                    return Transaction.Condition(key: LeaderLease.termKey, revision: result.revision)
                } catch {
                    // Somebody was faster, or the store does not work: both can be seen at the next look.
                }
            }
            await pause(timing.look * (0.8 + 0.4 * environment.randomFraction()))
        }
        return nil
    }

    // MARK: - keeping

    /// Renews the lease; returns when it is lost.
    private func keep() async {
        var renewed = SuspendingClock.now
        while !Task.isCancelled {
            await pause(timing.renewal)
            if Task.isCancelled { return }
            let attempt = SuspendingClock.now
            switch await within(timing.patience - renewed.duration(to: attempt), { await renew() }) {
            case .renewed: renewed = attempt
            case .lost: return
            case .failed, nil: if renewed + timing.patience <= .now { return }
            }
        }
    }

    private enum Renewal: Sendable { case renewed, lost, failed }

    private func renew() async -> Renewal {
        // Somebody may have edited it: it is still this replica's.
        for _ in 0..<3 {
            guard let stored = store.current.object(LeaderLease.key) else { return .lost }
            let lease = LeaderLease(object: stored.value)
            guard lease.holder == identity, let renewed = lease.renewed(at: environment.now()) else { return .lost }
            do throws(StorageError) {
                _ = try await store.commit(
                    Transaction(
                        conditions: [.init(key: LeaderLease.key, revision: stored.revision)],
                        operations: [.put(LeaderLease.key, Document(renewed))]))
                return .renewed
            } catch {
                guard case .conflict = error else { return .failed }
            }
        }
        return .failed
    }

    /// The outcome of work that ends in time; nil otherwise. The work is not waited for longer than that, but it is
    /// cancelled.
    private func within(_ time: Duration, _ work: @escaping @Sendable () async -> Renewal) async -> Renewal? {
        let outcome = AsyncStream.makeStream(of: Renewal?.self)
        let tasks = TaskKeeper()
        tasks.start {
            outcome.continuation.yield(await work())
            outcome.continuation.finish()
        }
        tasks.start {
            await pause(time)
            outcome.continuation.yield(nil)
            outcome.continuation.finish()
        }
        defer { tasks.abandon() }
        for await first in outcome.stream { return first }
        return nil
    }

    /// Lets another replica take over at once.
    private func release() async {
        guard let stored = store.current.object(LeaderLease.key) else { return }
        let lease = LeaderLease(object: stored.value)
        guard lease.holder == identity, let released = lease.released(at: environment.now()) else { return }
        // If that fails, the others wait until the lease has run out.
        _ = try? await store.commit(
            Transaction(
                conditions: [.init(key: LeaderLease.key, revision: stored.revision)],
                operations: [.put(LeaderLease.key, Document(released))]))
    }

    private func pause(_ duration: Duration) async {
        // Cancellation ends the pause, and is seen by whoever pauses.
        try? await Task.sleep(for: max(duration, Duration.zero), clock: .suspending)
    }
}
