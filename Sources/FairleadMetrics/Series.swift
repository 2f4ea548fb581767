import CoreMetrics
import Synchronization

/// One series of a counter or a gauge: a number that many threads change.
final class CounterSeries: CounterHandler {
    private let count = Atomic<Int64>(0)

    func increment(by amount: Int64) { count.wrappingAdd(amount, ordering: .relaxed) }
    func reset() { count.store(0, ordering: .relaxed) }

    var value: Int64 { count.load(ordering: .relaxed) }
}

final class GaugeSeries: MeterHandler, RecorderHandler {
    /// The bit pattern of a Double.
    private let bits = Atomic<UInt64>(0)

    func set(_ value: Int64) { set(Double(value)) }
    func set(_ value: Double) { bits.store(value.bitPattern, ordering: .relaxed) }
    func increment(by amount: Double) { add(amount) }
    func decrement(by amount: Double) { add(-amount) }
    func record(_ value: Int64) { set(value) }
    func record(_ value: Double) { set(value) }

    private func add(_ amount: Double) {
        var old = bits.load(ordering: .relaxed)
        while true {
            let new = (Double(bitPattern: old) + amount).bitPattern
            let (isDone, now) = bits.weakCompareExchange(expected: old, desired: new, ordering: .relaxed)
            if isDone { return }
            old = now
        }
    }

    var value: Double { Double(bitPattern: bits.load(ordering: .relaxed)) }
}

/// A distribution. Durations are recorded in nanoseconds and kept in seconds, other values in their own unit.
final class HistogramSeries: RecorderHandler, TimerHandler {
    struct Counts: Sendable {
        /// One for each bound, and one for values beyond the last.
        var buckets: [UInt64]
        var sum = 0.0

        var count: UInt64 { buckets.reduce(0, &+) }
    }

    let bounds: [Double]
    private let state: Mutex<Counts>

    init(bounds: [Double]) {
        self.bounds = bounds
        state = Mutex(Counts(buckets: Array(repeating: 0, count: bounds.count + 1)))
    }

    func record(_ value: Int64) { record(Double(value)) }

    func record(_ value: Double) {
        // Nearly all recorded values fall into one of the first buckets.
        var place = 0
        while place < bounds.count, value > bounds[place] { place += 1 }
        state.withLock { counts in
            counts.buckets[place] &+= 1
            counts.sum += value
        }
    }

    func recordNanoseconds(_ duration: Int64) { record(Double(duration) / 1e9) }

    var counts: Counts { state.withLock { $0 } }
}
