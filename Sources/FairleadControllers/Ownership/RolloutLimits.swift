import FairleadModel

/// How far a rolling update may go above and below the desired number of replicas.
struct RolloutLimits: Hashable, Sendable {
    var surge: Int64
    var unavailable: Int64

    /// Percentages are of `replicas`: the surge rounds up, the unavailable part down. If both were zero the rollout
    /// could not proceed, so one pod may then be unavailable. Reference: Kubernetes API reference,
    /// RollingUpdateDeployment.
    init(deployment: Value) {
        let replicas = deployment.at("spec", "replicas")?.int ?? 1
        guard deployment.at("spec", "strategy", "type")?.string ?? "RollingUpdate" == "RollingUpdate" else {
            (surge, unavailable) = (0, 0)
            return
        }
        let update = deployment.at("spec", "strategy", "rollingUpdate")
        surge = Self.scaled(update?["maxSurge"] ?? "25%", of: replicas, roundingUp: true)
        unavailable = Self.scaled(update?["maxUnavailable"] ?? "25%", of: replicas, roundingUp: false)
        if surge == 0 && unavailable == 0 { unavailable = 1 }
        unavailable = min(unavailable, replicas)
    }

    /// An int-or-string field as a number of pods.
    static func scaled(_ value: Value, of total: Int64, roundingUp: Bool) -> Int64 {
        // Validation rejects anything that is neither a number nor a percentage; zero moves nothing.
        IntOrString(value)?.scaled(to: total, roundingUp: roundingUp) ?? 0
    }
}
