import Histogram

/// Measured times, with three significant digits and at best microsecond resolution.
struct Latencies: Sendable {
    private var histogram: Histogram<UInt64> = {
        var histogram = Histogram<UInt64>(numberOfSignificantValueDigits: .three)
        histogram.autoResize = true
        return histogram
    }()

    var count: Int { Int(histogram.totalCount) }

    mutating func add(_ time: Duration) { _ = histogram.record(UInt64(max(0, time / .microseconds(1)))) }

    mutating func add(_ other: Latencies) { histogram.add(other.histogram) }

    /// The smallest time that this share of all times does not exceed, in milliseconds.
    func text(_ share: Double) -> String {
        let thousandths = Int(histogram.valueAtPercentile(share * 100))
        let fraction = String(thousandths % 1000)
        return "\(thousandths / 1000)." + String(repeating: "0", count: 3 - fraction.count) + fraction
    }
}
