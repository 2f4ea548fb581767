import FairleadModel

/// Computes the status of a PodDisruptionBudget from the pods it covers.
///
/// Reference: Kubernetes, "Specifying a Disruption Budget for your Application"; `pkg/controller/disruption`.
struct DisruptionReconciler {
    /// How long a granted eviction counts as a disruption if the pod still exists.
    static let evictionTimeout = Duration.seconds(120)

    let now: Timestamp

    /// The budget with its new status; nil if the status does not change.
    ///
    /// - Parameters:
    ///   - pods: the pods that the budget's selector matches.
    ///   - scale: how many pods their owners should have; pods without an owner are not counted.
    func plan(budget: Value, pods: [Value], scale: Int64) -> Value? {
        let views = pods.map { PodView($0) }
        let expected = expectation(of: budget, pods: Int64(pods.count), scale: scale)
        let disrupted = stillDisrupted(budget, views)
        let healthy = Int64(
            views.count { $0.isReady && !$0.isTerminating && disrupted[$0.name] == nil })
        let allowed = expected.pods > 0 ? max(0, healthy -| expected.healthy) : 0
        let generation = budget.generation

        var status: Object = [
            "currentHealthy": .int32(healthy), "desiredHealthy": .int32(expected.healthy),
            "disruptionsAllowed": .int32(allowed), "expectedPods": .int32(expected.pods),
            "observedGeneration": .int(generation),
        ]
        if !disrupted.isEmpty { status["disruptedPods"] = .object(disrupted) }
        var conditions = Conditions(of: budget)
        conditions.set(
            "DisruptionAllowed", allowed > 0, reason: allowed > 0 ? "SufficientPods" : "InsufficientPods", message: "",
            more: ["observedGeneration": .int(generation)], now: now)
        status["conditions"] = conditions.value
        var result = budget
        result["status"] = .object(status)
        return result == budget ? nil : result
    }

    /// Whether the scale matters: it does not for an absolute minimum.
    static func needsScale(_ budget: Value) -> Bool {
        budget.at("spec", "maxUnavailable") != nil || budget.at("spec", "minAvailable")?.string != nil
    }

    /// The budget with no disruptions allowed, because its scale is unknown; nil if its status already says so.
    func failing(budget: Value, because message: String) -> Value? {
        var conditions = Conditions(of: budget)
        let generation = budget.at("status", "observedGeneration")?.int ?? 0
        conditions.set(
            "DisruptionAllowed", false, reason: "SyncFailed", message: message,
            more: ["observedGeneration": .int(generation)], now: now)
        var result = budget
        result.set(0, at: "status", "disruptionsAllowed")
        result.set(conditions.value, at: "status", "conditions")
        return result == budget ? nil : result
    }

    /// The number of expected pods, and how many of them must be healthy.
    private func expectation(of budget: Value, pods: Int64, scale: Int64) -> (pods: Int64, healthy: Int64) {
        if let limit = budget.at("spec", "maxUnavailable") {
            return (scale, max(0, scale -| count(limit, of: scale)))
        }
        guard let minimum = budget.at("spec", "minAvailable") else { return (pods, 0) }
        // An absolute minimum does not depend on the scale: the existing pods count.
        if let number = minimum.int { return (pods, number) }
        return (scale, count(minimum, of: scale))
    }

    /// A number, or a percentage rounded up.
    private func count(_ value: Value, of total: Int64) -> Int64 {
        // Validation rejects everything else.
        IntOrString(value)?.scaled(to: total, roundingUp: true) ?? 0
    }

    private func stillDisrupted(_ budget: Value, _ pods: [PodView]) -> Object {
        var disrupted = budget.at("status", "disruptedPods")?.object ?? Object()
        let present = Set(pods.filter { !$0.isTerminating }.map(\.name))
        disrupted.filter { name, time in
            guard present.contains(name), let began = time.string.flatMap({ Timestamp(rfc3339: $0) }) else {
                return false
            }
            return now.remaining(of: Self.evictionTimeout, since: began) > .zero
        }
        return disrupted
    }
}
