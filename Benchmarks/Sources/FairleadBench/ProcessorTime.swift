import Foundation

/// Processor time of pure work: other programs on the machine do not count.
enum ProcessorTime {
    private static let rounds = 3

    /// Microseconds for each of so many, in the best of a few rounds.
    static func microseconds(_ count: Int, _ body: () throws -> Void) rethrows -> Double {
        var best = Double.infinity
        for _ in 0..<rounds {
            let start = now()
            try body()
            best = min(best, now() - start)
        }
        return best / Double(max(count, 1))
    }

    /// In microseconds.
    private static func now() -> Double {
        var time = timespec()
        clock_gettime(CLOCK_PROCESS_CPUTIME_ID, &time)
        return Double(time.tv_sec) * 1e6 + Double(time.tv_nsec) / 1e3
    }

    /// Keeps the optimiser from leaving out what nobody reads.
    @inline(never) @_optimize(none) static func consume(_ number: Int) {}
}
