import FairleadClient
import FairleadModel

/// Computes the value of `endpoints.kubernetes.io/last-change-trigger-time`: when the oldest change happened that the
/// coming write makes visible.
///
/// A change is the creation of the Service, or a pod's readiness transition that has not been accounted for yet. Pure:
/// the controller keeps it in a Mutex. Reference: Kubernetes network programming latency SLI.
struct TriggerTimes: Sendable {
    static let annotation = "endpoints.kubernetes.io/last-change-trigger-time"

    private struct Known: Sendable {
        var service: Timestamp?
        var pods: [String: Transition] = [:]
    }

    /// As text as well: most are the same as the last time, and need not be read again.
    private struct Transition: Sendable {
        var text: String
        var time: Timestamp
    }

    private var known: [ObjectName: Known] = [:]

    /// The time to write now, or nil if nothing with a known time has changed since the last call.
    mutating func take(_ key: ObjectName, service: Value, pods: [StoredObject]) -> Timestamp? {
        let before = known[key] ?? Known()
        var now = Known()
        var oldest: Timestamp?
        for pod in pods {
            guard let text = PodView(pod).condition("Ready")?["lastTransitionTime"]?.string else { continue }
            let last = before.pods[pod.key.name]
            if let last, last.text == text {
                now.pods[pod.key.name] = last
                continue
            }
            guard let time = Timestamp(rfc3339: text) else { continue }
            now.pods[pod.key.name] = Transition(text: text, time: time)
            if last.map({ time > $0.time }) ?? true { oldest = min(oldest ?? time, time) }
        }
        now.service = Timestamp(rfc3339: service.creationTimestamp)
        if let created = now.service, before.service.map({ created > $0 }) ?? true {
            oldest = min(oldest ?? created, created)
        }
        known[key] = now
        return oldest
    }

    mutating func forget(_ key: ObjectName) { known[key] = nil }
}
