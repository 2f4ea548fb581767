import FairleadModel

/// One reconcile of a Deployment as a pure computation: takes what the caches show and returns the writes.
///
/// The steps are in extensions: `+revision` (which set is the new one), `+scaling` (sizes outside of a rollout),
/// `+rolling` (the two strategies), `+status`.
/// Reference: "Deployments" concept page.
struct DeploymentReconciler {
    static let hashLabel = "pod-template-hash"

    /// What to write, in this order; each step only if the previous one succeeded.
    struct Plan {
        /// The set to create; its name contains the template's hash.
        var create: OwnedReplicaSet?
        var update: [OwnedReplicaSet] = []
        var delete: [Value] = []
        /// The Deployment with its new status and revision annotation, if they differ.
        var status: Value?
        /// When to look again to see whether the progress deadline has passed.
        var recheckAfter: Duration?
    }

    let original: Value
    let now: Timestamp
    /// Pods of the Deployment, by the uid of the ReplicaSet that controls them.
    let pods: [String: [Value]]
    let limits: RolloutLimits
    var deployment: Value
    var conditions: Conditions
    var newSet: OwnedReplicaSet?
    /// Oldest first.
    var oldSets: [OwnedReplicaSet] = []
    var deletions: [Value] = []
    /// Whether the Deployment has just been resumed. Kubernetes' controller writes that before it goes on.
    var wasResumed = false

    init(deployment: Value, replicaSets: [Value], pods: [String: [Value]] = [:], now: Timestamp) {
        original = deployment
        self.deployment = deployment
        self.pods = pods
        self.now = now
        limits = RolloutLimits(deployment: deployment)
        conditions = Conditions(of: deployment)
        let sets = replicaSets.map { OwnedReplicaSet($0) }.sorted(by: OwnedReplicaSet.isOlder)
        let template = OwnedReplicaSet.template(of: deployment)
        // If several sets have this template, the oldest is the new one: otherwise a rollout could start twice.
        let current = sets.firstIndex { $0.template == template }
        newSet = current.map { sets[$0] }
        oldSets = sets.indices.filter { $0 != current }.map { sets[$0] }
    }

    var replicas: Int64 { deployment.at("spec", "replicas")?.int ?? 1 }
    var isPaused: Bool { deployment.at("spec", "paused")?.bool ?? false }
    var isRolling: Bool { deployment.at("spec", "strategy", "type")?.string ?? "RollingUpdate" == "RollingUpdate" }
    var progressDeadline: Int64? {
        // The largest number means that there is no deadline.
        deployment.at("spec", "progressDeadlineSeconds")?.int.flatMap { $0 == Int64(Int32.max) ? nil : $0 }
    }
    var maximum: Int64 { replicas > 0 ? replicas +| limits.surge : limits.surge }
    var allSets: [OwnedReplicaSet] { oldSets + (newSet.map { [$0] } ?? []) }

    mutating func plan() -> Plan {
        if deployment.deletionTimestamp != nil {
            updateStatus()
            return finish()
        }
        notePause()
        if isPaused {
            syncRevision(creating: false)
            scaleToSize()
            cleanUp()
            updateStatus()
            return finish()
        }
        if isScaling {
            syncRevision(creating: false)
            scaleToSize()
            updateStatus()
            return finish()
        }
        if isRolling { rollOut() } else { recreate() }
        updateRolloutStatus()
        return finish()
    }

    private mutating func finish() -> Plan {
        var plan = Plan()
        if let newSet, newSet.original == nil { plan.create = newSet }
        plan.update = allSets.filter { $0.original != nil && $0.isChanged }
        plan.delete = deletions
        if deployment != original { plan.status = deployment }
        plan.recheckAfter = timeToDeadline
        return plan
    }

    /// Progress is unknown while paused: the deadline must not expire.
    private mutating func notePause() {
        guard progressDeadline != nil, conditions.reason("Progressing") != "ProgressDeadlineExceeded" else { return }
        let wasPaused = conditions.reason("Progressing") == "DeploymentPaused"
        if isPaused, !wasPaused {
            conditions.change(
                "Progressing", "Unknown", reason: "DeploymentPaused", message: "Deployment is paused", now: now)
        } else if !isPaused, wasPaused {
            wasResumed = true
            conditions.change(
                "Progressing", "Unknown", reason: "DeploymentResumed", message: "Deployment is resumed", now: now)
        }
    }

    /// Whether the number of replicas has changed since the sets were last sized.
    private var isScaling: Bool {
        allSets.contains { set in
            guard set.isActive,
                let desired = DeploymentAnnotations.number(DeploymentAnnotations.desiredReplicas, of: set.value)
            else { return false }
            return desired != replicas
        }
    }
}
