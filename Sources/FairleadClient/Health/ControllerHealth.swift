/// How a controller is, for health checks.
///
/// A controller is well while its runner is there and no key has been in work for longer than `stuckAfter`. Work that
/// fails is no illness: it is tried again.
package struct ControllerHealth: Sendable, Hashable {
    package enum State: String, Sendable {
        /// `run` has not come to its workers yet: the first lists are missing.
        case waiting
        case running
        /// The workers have ended, though nobody may have asked them to.
        case ended
    }

    /// When a key in work counts as stuck: a reconcile takes milliseconds, and a minute is more than any write may wait.
    package static let stuckAfter = Duration.seconds(60)

    package var name: String
    package var state: State
    /// Keys waiting for a worker.
    package var queued: Int
    /// Keys in work, and how long the one has been that was taken first.
    package var inWork: Int
    package var longestWork: Duration
    package var longestKey: String?
    /// How long all of them have been in work together: `workqueue_unfinished_work_seconds`.
    package var unfinishedWork: Duration
    /// Since a worker last finished with a key, or since the runner was made.
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

    /// What is wrong, in words for whoever asks for the check; nil while nothing is.
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
