/// Time as it passes for a process that listens all the time. Pure.
/// Only a process that has itself been listening may call others silent. A process that was stopped (SIGSTOP, a
/// debugger, a machine that slept, no CPU time) has heard nothing from anybody, and finds everybody's last report old.
/// So silence is measured by this time: it is read every `period`, and two readings that are farther apart than
/// `patience` count as only one `period`.
struct AwakeTime: Sendable {
    static let period = Duration.seconds(1)
    static let patience = Duration.seconds(5)

    private var awake: Duration = .zero
    private var last: Duration?

    /// - Parameter time: the time of a monotonic clock.
    mutating func read(_ time: Duration) -> Duration {
        // Two callers that read the clock may arrive here in the opposite order.
        let step = max(time - (last ?? time), .zero)
        awake += step > Self.patience ? Self.period : step
        last = max(last ?? time, time)
        return awake
    }
}
