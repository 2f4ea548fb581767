import FairleadAPI
import NIOCore

/// The one place where the server starts tasks of its own: work that must not run on an event loop.
///
/// A task is not cancelled when its client goes away: a write that has begun is finished.
enum DeferredWork {
    /// Runs the work on the concurrency pool, then delivers what came out on the event loop.
    static func run(
        on eventLoop: any EventLoop, _ work: @escaping @Sendable () async -> APIOutcome,
        deliver: @escaping @Sendable (APIOutcome) -> Void
    ) {
        Task {
            let outcome = await work()
            eventLoop.execute { deliver(outcome) }
        }
    }
}
