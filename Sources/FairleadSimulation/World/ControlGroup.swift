import FairleadModel

/// The limits of a container as cgroup v2 shows them in /sys/fs/cgroup.
struct ControlGroup: Hashable, Sendable {
    let spec: Value

    private func amount(_ list: String, _ resource: String) -> Quantity? {
        spec.at("resources", list, resource)?.string.flatMap { Quantity($0) }
    }

    /// `50000 100000`.
    var cpuMax: String {
        guard let limit = amount("limits", "cpu"), !limit.isZero else { return "max 100000" }
        return "\(max(1000, limit.milliValue *| 100)) 100000"
    }

    /// By the shares that the request stands for.
    var cpuWeight: Int64 {
        let milli = (amount("requests", "cpu") ?? amount("limits", "cpu"))?.milliValue ?? 0
        let shares = min(262_144, max(2, milli *| 1024 / 1000))
        return 1 + (shares - 2) * 9999 / 262_142
    }

    var memoryMax: String {
        guard let limit = amount("limits", "memory"), !limit.isZero else { return "max" }
        return String(limit.value)
    }

    /// How soon the process is killed when memory is short.
    ///
    /// - Parameter capacity: the memory of the node.
    static func badness(pod: Value, container: Value, capacity: Int64) -> Int64 {
        switch pod.text("status", "qosClass") {
        case "Guaranteed": return -997
        case "BestEffort": return 1000
        default:
            let request = container.at("resources", "requests", "memory")?.string.flatMap { Quantity($0) }?.value ?? 0
            guard capacity > 0 else { return 999 }
            return min(999, max(3, 1000 - request *| 1000 / capacity))
        }
    }
}
