/// A histogram of Prometheus: how many observations were at most each bound, and their sum.
struct DNSHistogram: Sendable {
    let bounds: [Double]
    private var counts: [Int]
    private var sum = 0.0

    init(bounds: [Double]) {
        self.bounds = bounds
        counts = Array(repeating: 0, count: bounds.count + 1)
    }

    mutating func observe(_ value: Double, times: Int = 1) {
        var place = 0
        while place < bounds.count, value > bounds[place] { place += 1 }
        counts[place] += times
        sum += value * Double(times)
    }

    /// The lines of one time series; none before the first observation.
    func lines(_ name: String, _ labels: String) -> String {
        let total = counts.reduce(0, +)
        guard total > 0 else { return "" }
        var text = ""
        var below = 0
        for (bound, count) in zip(bounds, counts) {
            below += count
            text += "\(name)_bucket{\(labels),le=\"\(bound.prometheusText)\"} \(below)\n"
        }
        text += "\(name)_bucket{\(labels),le=\"+Inf\"} \(total)\n"
        return text + "\(name)_sum{\(labels)} \(sum)\n\(name)_count{\(labels)} \(total)\n"
    }

    /// So many bounds, each twice the one before.
    static func doubling(from first: Double, count: Int) -> [Double] {
        (0..<count).map { first * Double(1 << $0) }
    }
}

extension Double {
    fileprivate var prometheusText: String { self == rounded() && magnitude < 1e15 ? "\(Int(self))" : "\(self)" }
}
