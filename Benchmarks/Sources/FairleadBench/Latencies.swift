/// Measured times, in whole microseconds.
struct Latencies: Sendable {
    private var values: [UInt32] = []

    var count: Int { values.count }

    mutating func add(_ time: Duration) {
        values.append(UInt32(clamping: Int(time / .microseconds(1))))
    }

    mutating func add(_ other: Latencies) { values += other.values }

    /// The smallest time that this share of all does not exceed, in milliseconds.
    func quantile(_ share: Double) -> Double {
        let sorted = values.sorted()
        guard !sorted.isEmpty else { return 0 }
        let index = min(sorted.count - 1, max(0, Int((Double(sorted.count) * share).rounded(.up)) - 1))
        return Double(sorted[index]) / 1000
    }

    func text(_ share: Double) -> String {
        let thousandths = Int((quantile(share) * 1000).rounded())
        let fraction = String(thousandths % 1000)
        return "\(thousandths / 1000)." + String(repeating: "0", count: 3 - fraction.count) + fraction
    }
}
