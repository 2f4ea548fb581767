import FairleadControllers
import FairleadModel

/// A pod as its Job sees it.
struct JobPod {
    static let finalizer = "batch.kubernetes.io/job-tracking"
    static let index = "batch.kubernetes.io/job-completion-index"
    static let failureCount = "batch.kubernetes.io/job-index-failure-count"
    static let ignoredFailureCount = "batch.kubernetes.io/job-index-ignored-failure-count"

    let value: Value
    let view: PodView
    let isTracked: Bool
    /// The completion index of the pod; nil if it has none.
    let index: Int64?
    let isFailed: Bool

    /// - Parameter countsTerminating: whether terminating pods count as failed.
    init(_ value: Value, countsTerminating: Bool) {
        self.value = value
        view = PodView(value)
        isTracked = value.finalizers.contains(Self.finalizer)
        index = value.annotations[Self.index].flatMap { Int64($0) }.flatMap { $0 < 0 ? nil : $0 }
        isFailed = view.phase == "Failed" || countsTerminating && view.isTerminating && view.phase != "Succeeded"
    }

    var uid: String { value.uid }
    var isSucceeded: Bool { view.phase == "Succeeded" }
    var isActive: Bool { view.isActive }
    var isTerminating: Bool { view.isTerminating && !view.isFinished }

    /// How many earlier pods of the index have failed, according to the annotations.
    var earlierFailures: Int64 { Self.count(value.annotations[Self.failureCount]) }
    var earlierIgnoredFailures: Int64 { Self.count(value.annotations[Self.ignoredFailureCount]) }

    private static func count(_ text: String?) -> Int64 { max(0, text.flatMap { Int64($0) } ?? 0) }

    /// When its last container terminated; failing that, its last Ready transition, deletion or creation.
    var finishedAt: Timestamp? {
        let ends = value.items("status", "containerStatuses").compactMap {
            $0.at("state", "terminated", "finishedAt")?.string.flatMap { Timestamp(rfc3339: $0) }
        }
        if let last = ends.max() { return last }
        let times = [
            view.condition("Ready")?["lastTransitionTime"]?.string, value.deletionTimestamp, value.creationTimestamp,
        ]
        return times.compactMap { $0 }.compactMap { Timestamp(rfc3339: $0) }.first
    }
}
