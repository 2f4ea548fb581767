import FairleadModel
import FairleadStorage
import Synchronization

/// Follows everything below the prefix with one watch, which is opened anew, at another member if need be, where the
/// last one ended.
struct EtcdFeed: Sendable {
    let engine: EtcdEngine
    let follower: EngineFollower

    private static let pause = Duration.milliseconds(100)
    /// How long a member may take to open a watch, and to deliver something that must come.
    private static let patience = Duration.seconds(2)

    /// What is known of the watch at hand.
    private struct Progress: Sendable {
        /// Everything up to here has been delivered.
        var revision: Int64
        /// The fragments of an answer so far.
        var fragments: [WatchResponse.Event] = []
        var isHealthy = false
        var mustLoad = false
    }

    private final class Shared: Sendable {
        let progress: Mutex<Progress>

        init(_ revision: Int64) { progress = Mutex(Progress(revision: revision)) }
    }

    /// Runs until the task is cancelled.
    func run(after revision: Int64) async {
        let shared = Shared(revision)
        while !Task.isCancelled {
            let member = engine.client.member
            var why = "the watch has ended"
            do throws(EtcdError) {
                try await watch(at: member, shared)
            } catch {
                why = error.explanation
            }
            if Task.isCancelled { return }
            let mustLoad = shared.progress.withLock { progress in
                progress.isHealthy = false
                progress.fragments = []
                return progress.mustLoad
            }
            follower.report("changes by others are not seen: \(why)")
            if mustLoad { await loadAnew(shared) } else { engine.client.leave(member) }
            // Cancellation is seen at the next turn.
            try? await Task.sleep(for: Self.pause, clock: .suspending)
        }
    }

    private func watch(at member: EtcdMember, _ shared: Shared) async throws(EtcdError) {
        let start = shared.progress.withLock { $0.revision } + 1
        let (requests, continuation) = AsyncStream.makeStream(of: WatchRequest.self)
        defer { continuation.finish() }
        let root = engine.keys.root
        continuation.yield(.create(key: root, end: EtcdKeys.end(of: root), startRevision: start))
        let ended = await withTaskGroup(of: EtcdError?.self) { group in
            group.addTask {
                do throws(EtcdError) {
                    try await member.watch(requests) { response in
                        let goesOn = take(response, shared)
                        if !goesOn { continuation.finish() }
                        return goesOn
                    }
                    return nil
                } catch {
                    return error
                }
            }
            group.addTask { await supervise(shared) }
            let first = await group.next() ?? nil
            group.cancelAll()
            return first
        }
        if let ended { throw ended }
    }

    /// Ends when the watch must be given up.
    private func supervise(_ shared: Shared) async -> EtcdError? {
        let opened = SuspendingClock.now
        var awaited: (revision: Int64, since: SuspendingClock.Instant)?
        while !Task.isCancelled {
            // Cancellation is seen at the next turn.
            try? await Task.sleep(for: Self.patience / 4, clock: .suspending)
            let now = SuspendingClock.now
            let (isHealthy, revision) = shared.progress.withLock { ($0.isHealthy, $0.revision) }
            if !isHealthy, opened + Self.patience < now { return .unavailable("etcd does not open a watch in time") }
            if let known = awaited, revision < known.revision {
                if known.since + Self.patience < now { return .unavailable("etcd does not deliver what was written") }
            } else {
                awaited = engine.written > revision ? (engine.written, now) : nil
            }
        }
        return nil
    }

    /// - Returns: whether the watch goes on.
    private func take(_ response: WatchResponse, _ shared: Shared) -> Bool {
        if response.compactRevision > 0 {
            shared.progress.withLock { $0.mustLoad = true }
            return false
        }
        if response.isCanceled { return false }
        if response.isCreated {
            shared.progress.withLock { $0.isHealthy = true }
            follower.report(nil)
        }
        let delivery = shared.progress.withLock { progress -> (events: [WatchResponse.Event], revision: Int64)? in
            progress.fragments += response.events
            if response.isFragment { return nil }
            let events = progress.fragments
            progress.fragments = []
            if let last = events.last {
                // The header may be ahead of the events that have been sent.
                progress.revision = max(progress.revision, last.version.modRevision)
            } else if !response.isCreated {
                // Periodic progress: etcd sends it only if everything before has been sent.
                progress.revision = max(progress.revision, response.header.revision)
            }
            return (events, progress.revision)
        }
        if let delivery { follower.advance(delivery.events.compactMap(change), delivery.revision) }
        return true
    }

    private func change(_ event: WatchResponse.Event) -> EngineChange? {
        guard let key = engine.keys.object(event.version.key) else { return nil }
        let content: EngineChange.Content =
            if event.isDeletion {
                .deletion
            } else {
                switch engine.values.read(event.version, of: key) {
                case .version(let version, _): .version(version)
                case .damage(let damage): .damage(damage)
                }
            }
        return EngineChange(key: key, revision: event.version.modRevision, content: content)
    }

    /// History has been compacted beyond what has been delivered.
    private func loadAnew(_ shared: Shared) async {
        do throws(EtcdError) {
            let state = try await engine.loadAll(until: .now + .seconds(20))
            shared.progress.withLock { progress in
                progress.revision = state.revision
                progress.mustLoad = false
            }
            follower.reset(state)
        } catch {
            follower.report("changes by others are not seen: \(error.explanation)")
        }
    }
}
