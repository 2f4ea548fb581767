/// Time as it passes for somebody who listens all the while. Pure.
///
/// Whoever calls others silent must himself have listened. A process that was stopped (SIGSTOP, a debugger, a machine
/// that slept, no turn on the processor) has heard nothing from anybody, and finds everybody's last word to be old. So
/// silence is measured by this: it is read every `period`, and between two readings that are farther apart than
/// `patience` only one `period` has passed.
struct AwakeTime: Sendable {
    static let period = Duration.seconds(1)
    static let patience = Duration.seconds(5)

    private var awake: Duration = .zero
    private var last: Duration?

    /// - Parameter time: of a clock that never goes back.
    mutating func read(_ time: Duration) -> Duration {
        // Two who read the clock may come here in the other order.
        let step = max(time - (last ?? time), .zero)
        awake += step > Self.patience ? Self.period : step
        last = max(last ?? time, time)
        return awake
    }
}
