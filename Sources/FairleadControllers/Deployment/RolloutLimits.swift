import FairleadModel

/// How far a rolling update may go above and below the wanted number of replicas.
struct RolloutLimits: Hashable, Sendable {
    var surge: Int64
    var unavailable: Int64

    /// Percentages are of `replicas`: the surge rounds up, the unavailable part down. Both zero would never move, so
    /// one pod may then be unavailable. Reference: Kubernetes API reference, RollingUpdateDeployment.
    init(deployment: Value) {
        let replicas = deployment.at("spec", "replicas")?.int ?? 1
        guard deployment.at("spec", "strategy", "type")?.string ?? "RollingUpdate" == "RollingUpdate" else {
            (surge, unavailable) = (0, 0)
            return
        }
        let update = deployment.at("spec", "strategy", "rollingUpdate")
        surge = Self.scaled(update?["maxSurge"], of: replicas, roundingUp: true)
        unavailable = Self.scaled(update?["maxUnavailable"], of: replicas, roundingUp: false)
        if surge == 0 && unavailable == 0 { unavailable = 1 }
        unavailable = min(unavailable, replicas)
    }

    /// An int-or-string field as a number of pods.
    static func scaled(_ value: Value?, of total: Int64, roundingUp: Bool) -> Int64 {
        switch value {
        case .int(let number): return number
        case .string(let text):
            guard text.hasSuffix("%"), let percent = Int64(text.dropLast()) else { return 0 }
            return roundingUp ? (percent * total + 99) / 100 : percent * total / 100
        default: return scaled("25%", of: total, roundingUp: roundingUp)
        }
    }
}
