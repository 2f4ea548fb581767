import FairleadClient
import FairleadModel

/// Something to tell about a container or, without one, about the pod.
struct KubeletEvent: Hashable, Sendable {
    var type = "Normal"
    var reason: String
    var message: String
    var container: String?
    var isInit = false

    /// `spec.containers{web}`.
    var fieldPath: String {
        container.map { "spec.\(isInit ? "initContainers" : "containers"){\($0)}" } ?? ""
    }
}

/// What a kubelet remembers of a pod beside its status: when each stage began, and how often pulls failed. Lost at a
/// restart, and then begun afresh: nothing but waiting times depends on it.
struct PodMemory: Hashable, Sendable {
    /// By a clock that never goes back: stages do not care what time of day it is.
    private var entered: [String: Duration] = [:]
    var failedPulls: [String: Int64] = [:]
    /// What has been told once and is not told again.
    var told: Set<String> = []

    /// The time since the stage was first asked about, at which so much had passed already.
    mutating func elapsed(_ stage: String, before: Duration = .zero, moment: Duration) -> Duration {
        if let since = entered[stage] { return moment - since }
        // A century is as good as any longer time, and can be subtracted.
        let passed = min(max(before, .zero), .seconds(3_000_000_000))
        entered[stage] = moment - passed
        return passed
    }

    mutating func leave(_ stage: String) { entered[stage] = nil }
}

/// What comes of looking at a pod once.
struct PodStep: Hashable, Sendable {
    /// The new status, if it differs.
    var status: Value?
    var events: [KubeletEvent] = []
    /// The containers have stopped: the pod object may go.
    var isGone = false
    /// When there is something to do again.
    var again: Duration?

    mutating func look(after delay: Duration) {
        let soonest = max(delay, .milliseconds(1))
        again = min(again ?? soonest, soonest)
    }
}
