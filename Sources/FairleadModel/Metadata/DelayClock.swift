/// The clock behind delays (retries, requeues, leases): monotonic, and injectable so that tests need no waiting.
///
/// It ignores the time of day and stands still while the machine sleeps: whatever is waiting then continues where it
/// was (docs/decisions/clocks.md).
package protocol DelayClock: Sendable {
    /// Time since an arbitrary fixed moment; never goes back.
    var now: Duration { get }
    /// Returns at `deadline`, or when the task is cancelled, whichever comes first.
    func sleep(until deadline: Duration) async
}

/// The machine's clock: CLOCK_MONOTONIC, which everything in Kubernetes waits by.
package struct SystemDelayClock: DelayClock {
    private let start: SuspendingClock.Instant

    package init() { start = SuspendingClock.now }

    package var now: Duration { start.duration(to: SuspendingClock.now) }

    /// In parts: Swift's runtime keeps what it needs for a sleep until its time has come, even if the sleep is cancelled
    /// at once, and whoever waits for events cancels one with each of them.
    package func sleep(until deadline: Duration) async {
        while !Task.isCancelled, now < deadline {
            let end = min(deadline, now + Self.longestPart)
            // The only error is cancellation, which callers notice by themselves.
            try? await SuspendingClock().sleep(until: start.advanced(by: end), tolerance: nil)
        }
    }

    private static let longestPart = Duration.seconds(5)
}

extension DelayClock {
    package func sleep(for delay: Duration) async { await sleep(until: now + delay) }
}

extension Duration {
    /// The number of seconds, for display.
    package var inSeconds: Double { Double(components.seconds) + Double(components.attoseconds) / 1e18 }
}
