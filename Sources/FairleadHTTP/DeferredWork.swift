import FairleadAPI

/// The one place where the server starts tasks of its own.
///
/// A task is not cancelled when its client goes away: a write that has begun is finished.
enum DeferredWork {
    /// Runs work that waits (for a commit, for a revision) on the event loop, then delivers what came out there.
    /// What computes for long steps aside: `withTaskExecutorPreference(globalConcurrentExecutor)`.
    static func run(
        on executor: EventLoopExecutor, _ work: @escaping @Sendable () async -> APIOutcome,
        deliver: @escaping @Sendable (APIOutcome) -> Void
    ) {
        Task(executorPreference: executor) { deliver(await work()) }
    }
}
