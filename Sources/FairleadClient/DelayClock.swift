/// The clock behind delays (retries, requeues, leases): monotonic, and injectable so that tests need no waiting.
///
/// It does not care about the time of day, and stands still while the machine sleeps: what waits goes on waiting where
/// it was (docs/decisions/clocks.md).
package protocol DelayClock: Sendable {
    /// Time since an arbitrary fixed moment; never goes back.
    var now: Duration { get }
    /// Returns at `deadline` or when the task is cancelled, whichever is first.
    func sleep(until deadline: Duration) async
}

/// The machine's clock: CLOCK_MONOTONIC, as everything in Kubernetes waits by.
package struct SystemDelayClock: DelayClock {
    private let start: SuspendingClock.Instant

    package init() { start = SuspendingClock.now }

    package var now: Duration { start.duration(to: SuspendingClock.now) }

    package func sleep(until deadline: Duration) async {
        // The only error is cancellation, which the caller sees by itself.
        try? await SuspendingClock().sleep(until: start.advanced(by: deadline), tolerance: nil)
    }
}

extension DelayClock {
    package func sleep(for delay: Duration) async { await sleep(until: now + delay) }
}

extension Duration {
    /// As a number of seconds, to be shown.
    package var inSeconds: Double { Double(components.seconds) + Double(components.attoseconds) / 1e18 }
}
