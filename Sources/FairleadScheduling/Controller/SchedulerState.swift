/// What the scheduler knows and has promised; guarded by one lock.
struct SchedulerState: Sendable {
    var cache = SchedulerCache()
    var waiting = WaitingPods()
    /// By the pod's uid.
    var holds: [String: VolumeHold] = [:]

    /// The volumes that are being bound.
    var reserved: Set<String> { holds.isEmpty ? [] : Set(holds.values.flatMap(\.reserved)) }
}
