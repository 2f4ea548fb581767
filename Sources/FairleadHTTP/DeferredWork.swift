import FairleadAPI
import NIOCore

/// The one place where the server starts tasks of its own.
///
/// A task is not cancelled when its client goes away: a write that has begun is finished.
enum DeferredWork {
    /// Runs work that waits (for a commit, for a revision) on the event loop itself, then delivers what came out.
    static func run(
        on executor: EventLoopExecutor, _ work: @escaping @Sendable () async -> APIOutcome,
        deliver: @escaping @Sendable (APIOutcome) -> Void
    ) {
        Task(executorPreference: executor) { deliver(await work()) }
    }

    /// Runs work that computes for long on the concurrency pool, then delivers what came out on the event loop.
    static func runAside(
        from eventLoop: any EventLoop, _ work: @escaping @Sendable () -> APIOutcome,
        deliver: @escaping @Sendable (APIOutcome) -> Void
    ) {
        Task {
            let outcome = work()
            eventLoop.execute { deliver(outcome) }
        }
    }
}
