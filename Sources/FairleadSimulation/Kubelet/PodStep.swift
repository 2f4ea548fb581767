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

    /// Seconds since the stage was first asked about, at which time so many had passed already.
    mutating func elapsed(_ stage: String, before: Double = 0, moment: Duration) -> Double {
        if let since = entered[stage] { return (moment - since).inSeconds }
        // A century is as good as any longer time, and can be subtracted.
        entered[stage] = moment - .seconds(min(max(before, 0), 3e9))
        return max(before, 0)
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
    /// Seconds until there is something to do again.
    var again: Double?

    mutating func look(after seconds: Double) { again = min(again ?? .infinity, seconds > 0.001 ? seconds : 0.001) }
}
