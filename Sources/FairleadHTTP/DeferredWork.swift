import FairleadAPI

/// The one place where the server starts tasks of its own.
///
/// A task that writes is not stopped when its client goes away: a write that has begun is finished.
enum DeferredWork {
    /// Runs work that waits (for a commit, for a revision) or computes on the executor, then delivers its result.
    @discardableResult
    static func run<Result: Sendable>(
        on executor: any TaskExecutor, _ work: @escaping @Sendable () async -> Result,
        deliver: @escaping @Sendable (Result) -> Void
    ) -> Task<Void, Never> {
        Task(executorPreference: executor) { deliver(await work()) }
    }
}
