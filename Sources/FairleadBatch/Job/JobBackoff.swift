import FairleadClient
import FairleadModel

/// How long a Job waits after failures before it creates another pod: 10 s, 20 s, 40 s … 600 s after the last one.
struct JobBackoff {
    let now: Timestamp

    /// Counts failures since the last success; nil if there is nothing to wait for.
    func remaining(_ pods: [JobPod]) -> Duration? {
        let lastSuccess = pods.filter(\.isSucceeded).compactMap(\.finishedAt).max()
        let failures = pods.filter(\.isFailed).compactMap(\.finishedAt).filter { end in
            lastSuccess.map { end > $0 } ?? true
        }
        return failures.max().flatMap { remaining(failures: Int64(failures.count), since: $0) }
    }

    /// The same for one index, given its last failed pod.
    func remaining(after pod: JobPod?) -> Duration? {
        guard let pod, let end = pod.finishedAt else { return nil }
        return remaining(failures: pod.earlierFailures +| pod.earlierIgnoredFailures +| 1, since: end)
    }

    private func remaining(failures: Int64, since last: Timestamp) -> Duration? {
        let delay = Backoff(first: .seconds(10), maximum: .seconds(600)).delay(
            afterFailures: Int(clamping: failures -| 1))
        let wait = now.remaining(of: delay, since: last)
        return wait > .zero ? wait : nil
    }
}
