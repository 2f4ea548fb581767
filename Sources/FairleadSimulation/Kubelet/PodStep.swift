import FairleadClient
import FairleadModel

/// What a kubelet remembers of a pod in addition to its status: when each stage began, and how often image pulls
/// failed. It is lost and rebuilt on a restart: only waiting times depend on it.
struct PodMemory: Hashable, Sendable {
    /// On a monotonic clock: stages do not depend on the time of day.
    private var entered: [String: Duration] = [:]
    var failedPulls: [String: Int64] = [:]
    /// The restart count at which a container had last run for so long that its crashes count anew.
    var calmAfter: [String: Int64] = [:]
    /// Events that have been recorded and must not be repeated.
    var told: Set<String> = []
    /// The stage of a user's that the pod waits for.
    var stage: PodStages.Wait?
    private var tellings: [String: Telling] = [:]

    private struct Telling: Hashable, Sendable {
        var next: Duration
        var pause: Duration
    }

    /// The time since the stage was first asked about, plus the time `before` that had already passed then.
    mutating func elapsed(_ stage: String, before: Duration = .zero, moment: Duration) -> Duration {
        if let since = entered[stage] { return moment - since }
        // A century is as good as any longer time, and cannot overflow.
        let passed = min(max(before, .zero), .seconds(3_000_000_000))
        entered[stage] = moment - passed
        return passed
    }

    mutating func leave(_ stage: String) { entered[stage] = nil }

    /// Whether a trouble that lasts is to be told of: at once, and again after pauses that double.
    mutating func tells(_ trouble: String, first: Duration, longest: Duration, moment: Duration) -> Bool {
        guard let last = tellings[trouble] else {
            tellings[trouble] = Telling(next: moment + first, pause: first)
            return true
        }
        guard moment >= last.next else { return false }
        let pause = min(last.pause + last.pause, longest)
        tellings[trouble] = Telling(next: moment + pause, pause: pause)
        return true
    }
}

/// The result of one step.
struct PodStep: Hashable, Sendable {
    /// The new status, if it differs.
    var status: Value?
    var events: [KubeletEvent] = []
    /// Whether the containers have stopped, so that the pod object may be removed.
    var isGone = false
    /// Whether the pod is to be deleted, as if somebody had asked for it.
    var isDeleted = false
    /// When to look at the pod again.
    var again: Duration?

    mutating func look(after delay: Duration) {
        let soonest = max(delay, .milliseconds(1))
        again = min(again ?? soonest, soonest)
    }
}
