import FairleadClient
import FairleadModel

/// An event about a container, or about the pod if there is none.
struct KubeletEvent: Hashable, Sendable {
    var type = "Normal"
    var reason: String
    var message: String
    var container: String?
    /// The list of the spec that the container is in.
    var list = "containers"

    /// `spec.containers{web}`.
    var fieldPath: String { container.map { "spec.\(list){\($0)}" } ?? "" }
}

/// What a kubelet remembers of a pod in addition to its status: when each stage began, and how often image pulls
/// failed. It is lost and rebuilt on a restart: only waiting times depend on it.
struct PodMemory: Hashable, Sendable {
    /// On a monotonic clock: stages do not depend on the time of day.
    private var entered: [String: Duration] = [:]
    var failedPulls: [String: Int64] = [:]
    /// Events that have been recorded and must not be repeated.
    var told: Set<String> = []

    /// The time since the stage was first asked about, plus the time `before` that had already passed then.
    mutating func elapsed(_ stage: String, before: Duration = .zero, moment: Duration) -> Duration {
        if let since = entered[stage] { return moment - since }
        // A century is as good as any longer time, and cannot overflow.
        let passed = min(max(before, .zero), .seconds(3_000_000_000))
        entered[stage] = moment - passed
        return passed
    }

    mutating func leave(_ stage: String) { entered[stage] = nil }
}

/// The result of one step.
struct PodStep: Hashable, Sendable {
    /// The new status, if it differs.
    var status: Value?
    var events: [KubeletEvent] = []
    /// Whether the containers have stopped, so that the pod object may be removed.
    var isGone = false
    /// When to look at the pod again.
    var again: Duration?

    mutating func look(after delay: Duration) {
        let soonest = max(delay, .milliseconds(1))
        again = min(again ?? soonest, soonest)
    }
}
