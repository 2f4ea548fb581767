import FairleadModel

/// What a ReplicaSet needs: pods to create, pods to delete, its new status. Pure: inputs are what the caches show.
///
/// Reference: "ReplicaSet" concept page; KEP-3973 (terminatingReplicas).
struct ReplicaSetReconciler: Sendable {
    struct Plan {
        var create: [Value] = []
        var delete: [Value] = []
        /// Pods are missing, but too many are still waiting for a node.
        var isHeldBack = false
    }

    let replicaSet: Value
    let kind: PodSetKind
    /// About the pods that the set controls, in any state.
    let replicas: [Replica]
    /// These pods, in the same order.
    let pods: @Sendable () -> [Value]
    private let active: Int

    init(
        replicaSet: Value, kind: PodSetKind = .replicaSet, replicas: [Replica], pods: @escaping @Sendable () -> [Value]
    ) {
        self.replicaSet = replicaSet
        self.kind = kind
        self.replicas = replicas
        self.pods = pods
        active = replicas.count(where: \.isActive)
    }

    init(replicaSet: Value, kind: PodSetKind = .replicaSet, pods: [Value]) {
        let basis = Replica.Basis(replicaSet)
        self.init(replicaSet: replicaSet, kind: kind, replicas: pods.map { Replica($0, basis) }, pods: { pods })
    }

    var desired: Int { Int(replicaSet.at("spec", "replicas")?.int ?? 1) }
    var minReadySeconds: Int64 { replicaSet.at("spec", "minReadySeconds")?.int ?? 0 }

    /// - Parameter related: active pods of every set with the same owner, for the order of deletion.
    func plan(related: @autoclosure () -> [Value]) -> Plan {
        var plan = Plan()
        if replicaSet.deletionTimestamp != nil { return plan }
        let missing = desired -| active
        if missing > 0 {
            let template = replicaSet.at("spec", "template") ?? .object(Object())
            let pod = PodFactory.pod(from: template, owner: replicaSet, kind: kind.name, apiVersion: kind.apiVersion)
            let burst = CreationBurst.allowed(missing: missing, of: active) {
                replicas.count { $0.isActive && !$0.hasNode }
            }
            plan.create = Array(repeating: pod, count: burst)
            plan.isHeldBack = plan.create.isEmpty
        } else if missing < 0 {
            plan.delete = PodRanking.victims(
                among: pods().filter { PodView($0).isActive }, related: related(),
                count: min(0 -| missing, CreationBurst.size))
        }
        return plan
    }

    /// The status after this pass; equal to the old one if there is nothing to write.
    /// - Parameter failure: the error from creating or deleting pods, if any.
    func status(failure: APIStatus?, now: Timestamp) -> Value {
        var (labeled, ready, available, leaving) = (0, 0, 0, 0)
        for replica in replicas {
            if replica.isLeaving { leaving += 1 }
            guard replica.isActive else { continue }
            if replica.isLabeled { labeled += 1 }
            if replica.isReady { ready += 1 }
            if replica.timeToAvailability(minReadySeconds: minReadySeconds, now: now) == .zero { available += 1 }
        }
        var status = replicaSet["status"]?.object ?? Object()
        status["replicas"] = .int(Int64(active))
        status["fullyLabeledReplicas"] = labeled == 0 ? nil : .int(Int64(labeled))
        status["readyReplicas"] = ready == 0 ? nil : .int(Int64(ready))
        status["availableReplicas"] = available == 0 ? nil : .int(Int64(available))
        if kind.countsTerminating { status["terminatingReplicas"] = .int(Int64(leaving)) }
        status["observedGeneration"] = replicaSet.at("metadata", "generation")
        status["conditions"] = conditions(failure: failure, now: now)
        return .object(status)
    }

    private func conditions(failure: APIStatus?, now: Timestamp) -> Value? {
        var conditions = Conditions(of: replicaSet)
        if let failure, conditions["ReplicaFailure"] == nil {
            let reason = active < desired ? "FailedCreate" : "FailedDelete"
            conditions.set("ReplicaFailure", true, reason: reason, message: failure.message, now: now)
        } else if failure == nil {
            conditions.remove("ReplicaFailure")
        }
        return conditions.value
    }

    /// When the set must be looked at again because a ready pod will have become available.
    func timeToNextAvailability(now: Timestamp) -> Duration? {
        if minReadySeconds <= 0 { return nil }
        return replicas.lazy.filter(\.isActive)
            .compactMap { $0.timeToAvailability(minReadySeconds: minReadySeconds, now: now) }
            .filter { $0 > .zero }.min()
    }
}
