import FairleadModel

/// The pods that have ended: those counted for good, and those not yet.
struct Tally {
    private(set) var countedSucceeded: Int64
    private(set) var countedFailed: Int64
    private var uncountedSucceeded: [String]
    private var uncountedFailed: [String]
    private var known: Set<String>
    /// Succeeded pods that no status has recorded yet.
    private let newSuccesses: Int64

    init(_ job: Value, _ pods: [JobPod]) {
        let tracked = Set(pods.filter(\.isTracked).map(\.uid))
        let old = job.at("status", "uncountedTerminatedPods") ?? .null
        func open(_ field: String) -> (counted: Int64, uncounted: [String]) {
            let uids = old[field]?.array?.compactMap(\.string) ?? []
            let open = uids.filter { tracked.contains($0) }
            let before = job.at("status", field)?.int ?? 0
            return (before +| Int64(uids.count -| open.count), open)
        }
        (countedSucceeded, uncountedSucceeded) = open("succeeded")
        (countedFailed, uncountedFailed) = open("failed")
        let known = Set(uncountedSucceeded + uncountedFailed)
        self.known = known
        newSuccesses = Int64(pods.count { $0.isTracked && $0.isSucceeded && !known.contains($0.uid) })
    }

    /// All pods that have succeeded.
    var succeeded: Int64 { countedSucceeded +| Int64(uncountedSucceeded.count) +| newSuccesses }

    /// All pods that have failed, including the newly found ones.
    func failed(with new: Int64) -> Int64 { countedFailed +| Int64(uncountedFailed.count) +| new }

    var uncountedCount: Int { uncountedSucceeded.count +| uncountedFailed.count }
    var isSettled: Bool { uncountedCount == 0 }

    /// Whether a status that was written has recorded the pod.
    func isKnown(_ pod: JobPod) -> Bool { known.contains(pod.uid) }

    mutating func noteSuccess(_ pod: JobPod) { uncountedSucceeded.append(pod.uid) }
    mutating func noteFailure(_ pod: JobPod) { uncountedFailed.append(pod.uid) }

    var uncounted: Value {
        var object = Object()
        if !uncountedSucceeded.isEmpty { object["succeeded"] = .array(uncountedSucceeded.map(Value.string)) }
        if !uncountedFailed.isEmpty { object["failed"] = .array(uncountedFailed.map(Value.string)) }
        return .object(object)
    }
}
