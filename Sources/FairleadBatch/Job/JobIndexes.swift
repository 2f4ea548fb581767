import FairleadModel

/// The progress of each index of an Indexed Job.
struct JobIndexes {
    let completions: Int64
    /// As recorded in the status.
    let counted: IndexIntervals
    let succeeded: IndexIntervals
    /// Nil without `backoffLimitPerIndex`.
    let failed: IndexIntervals?
    /// The last failed pod of each index that gets another one. It is kept until then for its failure counts.
    let lastFailed: [Int64: JobPod]

    init?(_ job: Value, _ pods: [JobPod], _ rules: PodFailureRules) {
        guard job.at("spec", "completionMode")?.string == "Indexed" else { return nil }
        let completions = job.at("spec", "completions")?.int ?? 0
        self.completions = completions
        func isValid(_ pod: JobPod) -> Int64? { pod.index.flatMap { $0 < completions ? $0 : nil } }
        counted = IndexIntervals(lenient: job.text("status", "completedIndexes"), below: completions)
        let succeeded = counted.union(
            IndexIntervals(pods.filter { $0.isTracked && $0.isSucceeded }.compactMap(isValid)))
        self.succeeded = succeeded
        guard let limit = job.at("spec", "backoffLimitPerIndex")?.int else {
            failed = nil
            lastFailed = [:]
            return
        }
        let ended = pods.filter { pod in
            guard pod.isTracked, pod.isFailed else { return false }
            let match = rules.match(pod.value)
            return match.action == .failIndex || match.counts && pod.earlierFailures >= limit
        }
        let failed = IndexIntervals(lenient: job.text("status", "failedIndexes"), below: completions).union(
            IndexIntervals(ended.compactMap(isValid).filter { !succeeded.contains($0) }))
        self.failed = failed
        let replaced = Set(pods.filter(\.isActive).compactMap(\.index))
        var last: [Int64: JobPod] = [:]
        for pod in pods where pod.isTracked && pod.isFailed {
            guard let index = isValid(pod), !succeeded.contains(index), !failed.contains(index),
                !replaced.contains(index)
            else { continue }
            if let other = last[index], Self.all(other) > Self.all(pod) { continue }
            last[index] = pod
        }
        lastFailed = last
    }

    private static func all(_ pod: JobPod) -> Int64 { pod.earlierFailures +| pod.earlierIgnoredFailures }

    func isValid(_ index: Int64?) -> Bool { index.map { $0 < completions } ?? false }

    /// The first indexes that need a pod.
    /// - Parameter taken: the indexes that have one.
    func missing(_ count: Int, besides taken: [Int64]) -> [Int64] {
        let done = succeeded.union(failed ?? IndexIntervals()).union(IndexIntervals(taken))
        return done.missing(count, below: completions)
    }

    /// Pods without a valid index, or whose index has succeeded or has an older pod.
    func superfluous(_ active: [JobPod]) -> [JobPod] {
        var seen: Set<Int64> = []
        let oldestFirst = active.sorted { $0.value.creationTimestamp < $1.value.creationTimestamp }
        return oldestFirst.filter { pod in
            guard let index = pod.index, index < completions, !succeeded.contains(index) else { return true }
            return !seen.insert(index).inserted
        }
    }

    /// Why the Job has succeeded according to its `successPolicy`; nil if it has not.
    func success(of job: Value) -> String? {
        if succeeded.ranges.isEmpty { return nil }
        for (index, rule) in job.items("spec", "successPolicy", "rules").enumerated() {
            let count = rule["succeededCount"]?.int
            let isMet: Bool
            if let text = rule["succeededIndexes"]?.string {
                let required = IndexIntervals(lenient: text, below: completions)
                isMet = succeeded.countShared(with: required) >= count ?? required.count
            } else {
                isMet = count.map { succeeded.count >= $0 } ?? false
            }
            if isMet { return "Matched rules at index \(index)" }
        }
        return nil
    }

    /// Why the Job has failed because of its failed indexes; nil if it has not.
    func failure(of job: Value) -> (reason: String, message: String)? {
        guard let failed, !failed.ranges.isEmpty else { return nil }
        if let limit = job.at("spec", "maxFailedIndexes")?.int, failed.count > limit {
            return ("MaxFailedIndexesExceeded", "Job has exceeded the specified maximal number of failed indexes")
        }
        if failed.count +| succeeded.count >= completions { return ("FailedIndexes", "Job has failed indexes") }
        return nil
    }
}
