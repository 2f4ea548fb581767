/// The state of a controller, for health checks.
///
/// A controller is healthy while its runner is running and no key has been in work for longer than `stuckAfter`.
/// Failing work does not make it unhealthy: it is retried.
package struct ControllerHealth: Sendable, Hashable {
    package enum State: String, Sendable {
        /// `run` has not started its workers yet: the first lists are missing.
        case waiting
        case running
        /// The workers have ended, whether or not they were asked to.
        case ended
    }

    /// When a key in work counts as stuck: a reconcile takes milliseconds, and no write may wait for as long as a
    /// minute.
    package static let stuckAfter = Duration.seconds(60)

    package var name: String
    package var state: State
    /// Keys waiting for a worker.
    package var queued: Int
    /// Keys in work, and how long the first of them has been in work.
    package var inWork: Int
    package var longestWork: Duration
    package var longestKey: String?
    /// The total time for which the keys now in work have been so: `workqueue_unfinished_work_seconds`.
    package var unfinishedWork: Duration
    /// The time since a worker last finished a key, or since the runner was created.
    package var sinceProgress: Duration

    package init(
        name: String, state: State, queued: Int = 0, inWork: Int = 0, longestWork: Duration = .zero,
        longestKey: String? = nil, unfinishedWork: Duration = .zero, sinceProgress: Duration = .zero
    ) {
        self.name = name
        self.state = state
        self.queued = queued
        self.inWork = inWork
        self.longestWork = longestWork
        self.longestKey = longestKey
        self.unfinishedWork = unfinishedWork
        self.sinceProgress = sinceProgress
    }

    /// A readable description of the problem, for the health check; nil if there is none.
    package var problem: String? {
        switch state {
        case .ended: return "\(name) has ended"
        case .waiting: return nil
        case .running:
            guard longestWork >= Self.stuckAfter else { return nil }
            let key = longestKey.map { " on \($0)" } ?? ""
            return "\(name) has been at work\(key) for \(longestWork.components.seconds) s"
        }
    }
}
