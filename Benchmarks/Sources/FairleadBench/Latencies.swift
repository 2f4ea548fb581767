/// Measured times.
struct Latencies: Sendable {
    /// Nanoseconds.
    private var times: [Int64] = []

    var count: Int { times.count }

    mutating func add(_ time: Duration) { times.append(Int64(time / .nanoseconds(1))) }

    mutating func add(_ other: Latencies) { times += other.times }

    /// The p50, p99 and worst times in milliseconds, as a part of a line of results.
    var summary: String {
        let sorted = times.sorted()
        func text(_ share: Double) -> String { Self.text(Self.quantile(sorted, share)) }
        return "p50_ms=\(text(0.5)) p99_ms=\(text(0.99)) worst_ms=\(text(1))"
    }

    /// The smallest time that this share of all times does not exceed.
    private static func quantile(_ sorted: [Int64], _ share: Double) -> Int64 {
        guard !sorted.isEmpty else { return 0 }
        return sorted[min(sorted.count - 1, Int((Double(sorted.count) * share).rounded(.up)) - (share > 0 ? 1 : 0))]
    }

    private static func text(_ nanoseconds: Int64) -> String {
        let fraction = String(nanoseconds / 1000 % 1000)
        return "\(nanoseconds / 1_000_000)." + String(repeating: "0", count: 3 - fraction.count) + fraction
    }
}
