/// Exponential backoff: first, 2·first, 4·first … up to a maximum.
package struct Backoff: Sendable, Hashable {
    package var first: Duration
    package var maximum: Duration

    package init(first: Duration, maximum: Duration) {
        self.first = first
        self.maximum = maximum
    }

    /// 5 ms … 1000 s: the per-item limits of client-go's default controller rate limiter.
    package static let controllers = Backoff(first: .milliseconds(5), maximum: .seconds(1000))
    /// 5 ms … 10 s, for work that should succeed soon after the cause of its failure is gone: pods waiting for a node,
    /// nodes whose status could not be written.
    package static let impatient = Backoff(first: .milliseconds(5), maximum: .seconds(10))
    /// 0.2 s … 7 s, a kubelet's own retry interval: for work that must resume soon after the cause of its failure is
    /// gone, such as heartbeats and the pods of a node.
    package static let kubelets = Backoff(first: .milliseconds(200), maximum: .seconds(7))
    /// For connections of reflectors: 0.1 s … 5 s.
    package static let reflectors = Backoff(first: .milliseconds(100), maximum: .seconds(5))

    /// How long to wait after `failures` earlier failures and one more.
    package func delay(afterFailures failures: Int) -> Duration {
        var delay = first
        for _ in 0..<min(max(failures, 0), 64) {
            delay *= 2
            if delay >= maximum { return maximum }
        }
        return min(delay, maximum)
    }
}
