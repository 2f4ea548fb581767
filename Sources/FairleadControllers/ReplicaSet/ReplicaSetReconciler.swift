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
    let activePods: [Value]
    let terminatingPods: [Value]

    /// - Parameter pods: the pods that the set controls, in any state.
    init(replicaSet: Value, kind: PodSetKind = .replicaSet, pods: [Value]) {
        self.replicaSet = replicaSet
        self.kind = kind
        activePods = pods.filter { PodView($0).isActive }
        terminatingPods = pods.filter { PodView($0).isTerminating && !PodView($0).isFinished }
    }

    var desired: Int { Int(replicaSet.at("spec", "replicas")?.int ?? 1) }
    var minReadySeconds: Int64 { replicaSet.at("spec", "minReadySeconds")?.int ?? 0 }

    /// - Parameter related: active pods of every set with the same owner, for the order of deletion.
    func plan(related: [Value]) -> Plan {
        var plan = Plan()
        if replicaSet.deletionTimestamp != nil { return plan }
        let missing = desired -| activePods.count
        if missing > 0 {
            let template = replicaSet.at("spec", "template") ?? .object(Object())
            let pod = PodFactory.pod(from: template, owner: replicaSet, kind: kind.name, apiVersion: kind.apiVersion)
            plan.create = Array(
                repeating: pod, count: CreationBurst.allowed(missing: missing, pods: activePods))
            plan.isHeldBack = plan.create.isEmpty
        } else if missing < 0 {
            plan.delete = PodRanking.victims(
                among: activePods, related: related, count: min(0 -| missing, CreationBurst.size))
        }
        return plan
    }

    /// The status after this pass; equal to the old one if there is nothing to write.
    /// - Parameter failure: the error from creating or deleting pods, if any.
    func status(failure: APIStatus?, now: Timestamp) -> Value {
        let templateLabels = replicaSet.at("spec", "template", "metadata", "labels")?.stringMap ?? [:]
        var labeled = 0
        var ready = 0
        var available = 0
        for pod in activePods {
            let labels = pod.labels
            if templateLabels.allSatisfy({ labels[$0.key] == $0.value }) { labeled += 1 }
            let state = PodView(pod)
            if state.isReady { ready += 1 }
            if state.isAvailable(minReadySeconds: minReadySeconds, now: now) { available += 1 }
        }
        var status = replicaSet["status"]?.object ?? Object()
        status["replicas"] = .int(Int64(activePods.count))
        status["fullyLabeledReplicas"] = labeled == 0 ? nil : .int(Int64(labeled))
        status["readyReplicas"] = ready == 0 ? nil : .int(Int64(ready))
        status["availableReplicas"] = available == 0 ? nil : .int(Int64(available))
        if kind.countsTerminating { status["terminatingReplicas"] = .int(Int64(terminatingPods.count)) }
        status["observedGeneration"] = replicaSet.at("metadata", "generation")
        status["conditions"] = conditions(failure: failure, now: now)
        return .object(status)
    }

    private func conditions(failure: APIStatus?, now: Timestamp) -> Value? {
        var conditions = Conditions(of: replicaSet)
        if let failure, conditions["ReplicaFailure"] == nil {
            let reason = activePods.count < desired ? "FailedCreate" : "FailedDelete"
            conditions.set("ReplicaFailure", true, reason: reason, message: failure.message, now: now)
        } else if failure == nil {
            conditions.remove("ReplicaFailure")
        }
        return conditions.value
    }

    /// When the set must be looked at again because a ready pod will have become available.
    func timeToNextAvailability(now: Timestamp) -> Duration? {
        activePods.compactMap { PodView($0).timeToAvailability(minReadySeconds: minReadySeconds, now: now) }.min()
    }
}
