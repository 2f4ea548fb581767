/// Exponential backoff: first, 2·first, 4·first … up to a maximum.
package struct Backoff: Sendable {
    package var first: Double
    package var maximum: Double

    package init(first: Double, maximum: Double) {
        self.first = first
        self.maximum = maximum
    }

    /// 5 ms … 1000 s: the per-item limits of client-go's default controller rate limiter.
    package static let controllers = Backoff(first: 0.005, maximum: 1000)
    /// For what must come back soon once the cause is gone, such as signs of life and the pods of a node: 0.2 s … 7 s,
    /// as kubelets wait.
    package static let kubelets = Backoff(first: 0.2, maximum: 7)
    /// For connections of reflectors: 0.1 s … 5 s.
    package static let reflectors = Backoff(first: 0.1, maximum: 5)

    /// Seconds to wait after one failure more than `failures`.
    package func delay(afterFailures failures: Int) -> Double {
        var delay = first
        for _ in 0..<min(max(failures, 0), 64) {
            delay *= 2
            if delay >= maximum { return maximum }
        }
        return min(delay, maximum)
    }
}
