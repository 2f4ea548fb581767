import FairleadModel

/// One step of a StatefulSet: the pods to create and to delete, and its status. Pure.
///
/// Ordered sets change one pod at a time and wait until it is available; parallel ones create and delete all at once.
/// Updates go from the highest ordinal down to the partition, one at a time.
/// Reference: "StatefulSets" concept page.
struct StatefulSetReconciler {
    static let podName = "statefulset.kubernetes.io/pod-name"
    static let podIndex = "apps.kubernetes.io/pod-index"
    static let revisionLabel = "controller-revision-hash"

    struct Plan {
        /// Each pod with the claims it needs.
        var create: [(pod: Value, claims: [Value])] = []
        /// Missing claims of existing pods.
        var missingClaims: [(pod: Value, claims: [Value])] = []
        var delete: [Value] = []
        /// Labels that a pod must have, as patches.
        var relabel: [(pod: Value, patch: Value)] = []
        /// Owners of claims, as patches.
        var claimPatches: [(claim: Value, patch: Value)] = []
        /// Pods are missing, but too many are still waiting for a node.
        var isHeldBack = false
        /// Pods that cannot be created while claims of their predecessors exist, and the claims to complain about.
        var obstructed: [(pod: String, claims: [String])] = []
        /// A pod of the current revision is being replaced.
        var replacesCurrent = false
    }

    let statefulSet: Value
    let pods: [Int64: Value]
    /// The revisions of the present template and of the previous one, which contain those templates.
    let update: Value
    let current: Value
    /// The number of name collisions of revisions.
    let collisionCount: Int64
    let claims: StatefulSetClaims
    let now: Timestamp

    /// - Parameter storedClaim: looks up a claim by its name.
    init(
        set: Value, pods: [Value], update: Value, current: Value?, collisionCount: Int64? = nil,
        storedClaim: @escaping (String) -> Value? = { _ in nil }, now: Timestamp
    ) {
        statefulSet = set
        self.update = update
        self.current = current ?? update
        self.collisionCount = collisionCount ?? set.at("status", "collisionCount")?.int ?? 0
        claims = StatefulSetClaims(statefulSet: set, stored: storedClaim)
        self.now = now
        var byOrdinal: [Int64: Value] = [:]
        for pod in pods { if let ordinal = Self.ordinal(of: pod, in: set) { byOrdinal[ordinal] = pod } }
        self.pods = byOrdinal
    }

    static func ordinal(of pod: Value, in set: Value) -> Int64? {
        let prefix = set.name + "-"
        guard pod.name.hasPrefix(prefix) else { return nil }
        let digits = pod.name.dropFirst(prefix.count)
        return Int64(digits).flatMap { String($0) == digits ? $0 : nil }
    }

    var replicas: Int64 { statefulSet.at("spec", "replicas")?.int ?? 1 }
    private var first: Int64 { statefulSet.at("spec", "ordinals", "start")?.int ?? 0 }
    private var ordinals: Range<Int64> { first..<(first +| max(0, replicas)) }
    private var isParallel: Bool { statefulSet.text("spec", "podManagementPolicy") == "Parallel" }
    private var isRolling: Bool {
        statefulSet.at("spec", "updateStrategy", "type")?.string ?? "RollingUpdate" == "RollingUpdate"
    }
    /// The first ordinal that an update reaches: the partition counts pods, not ordinals.
    private var firstUpdated: Int64 {
        first +| max(0, statefulSet.at("spec", "updateStrategy", "rollingUpdate", "partition")?.int ?? 0)
    }
    private var minReadySeconds: Int64 { statefulSet.at("spec", "minReadySeconds")?.int ?? 0 }

    func plan() -> Plan {
        var plan = Plan()
        if statefulSet.deletionTimestamp != nil { return plan }
        guard visitReplicas(&plan) else { return plan }
        let condemned = pods.filter { !ordinals.contains($0.key) }.sorted { $0.key > $1.key }
        for (_, pod) in condemned { plan.claimPatches += claims.patches(of: pod, isScaledDown: true) }
        guard shrink(condemned.map(\.value), &plan), isRolling else { return plan }
        if let outdated {
            plan.delete.append(outdated)
            plan.replacesCurrent = true
        }
        return plan
    }

    /// Creates missing pods and corrects existing ones, in ascending order.
    ///
    /// Returns false if an ordered set has to wait.
    private func visitReplicas(_ plan: inout Plan) -> Bool {
        let burst = CreationBurst.allowed(missing: .max, pods: pods.values)
        for ordinal in ordinals {
            guard let pod = pods[ordinal] else {
                // There can be two billion replicas, so only those that can change something are visited.
                if plan.create.count +| plan.obstructed.count >= burst {
                    plan.isHeldBack = burst == 0
                    return isParallel
                }
                makePod(ordinal, &plan)
                if isParallel { continue }
                return false
            }
            let view = PodView(pod)
            if view.isFinished {
                if !view.isTerminating { plan.delete.append(pod) }
                if isParallel { continue }
                return false
            }
            if view.phase == "Pending" {
                let missing = claims.missing(for: pod)
                if !missing.isEmpty { plan.missingClaims.append((pod, missing)) }
            }
            if !isParallel, !isHealthy(view) { return false }
            if let patch = Self.relabelling(pod) { plan.relabel.append((pod, patch)) }
            plan.claimPatches += claims.patches(of: pod, isScaledDown: false)
        }
        return true
    }

    /// Deletes surplus pods, the highest ordinal first. Returns false if an ordered set has to wait.
    private func shrink(_ condemned: [Value], _ plan: inout Plan) -> Bool {
        if isParallel {
            plan.delete += condemned.filter { $0.deletionTimestamp == nil }
            return true
        }
        guard let pod = condemned.first else { return true }
        // An unhealthy pod waits for the unhealthy ones below it.
        let isFirstUnhealthy = !condemned.dropFirst().contains { !isHealthy(PodView($0)) }
        if pod.deletionTimestamp == nil, isHealthy(PodView(pod)) || isFirstUnhealthy { plan.delete.append(pod) }
        return false
    }

    /// The pod to replace next: the highest one of an old revision, if all above it are healthy.
    private var outdated: Value? {
        for ordinal in ordinals.clamped(to: firstUpdated..<Int64.max).reversed() {
            guard let pod = pods[ordinal] else { return nil }
            if pod.labels[Self.revisionLabel] != update.name, pod.deletionTimestamp == nil { return pod }
            if !isHealthy(PodView(pod)) { return nil }
        }
        return nil
    }

    private func isHealthy(_ pod: PodView) -> Bool {
        pod.phase == "Running" && !pod.isTerminating && pod.isAvailable(minReadySeconds: minReadySeconds, now: now)
    }

    /// An adopted pod may lack the labels that depend on its name.
    private static func relabelling(_ pod: Value) -> Value? {
        guard pod.labels[podName] != pod.name else { return nil }
        let index = pod.name.split(separator: "-").last.map(String.init) ?? ""
        return ["metadata": ["labels": [podName: .string(pod.name), podIndex: .string(index)]]]
    }

    private func makePod(_ ordinal: Int64, _ plan: inout Plan) {
        let pod = "\(statefulSet.name)-\(ordinal)"
        switch claims.obstacle(to: pod) {
        case nil: plan.create.append(newPod(ordinal))
        case .staleClaim: plan.obstructed.append((pod, []))
        case .deleted(let claims): plan.obstructed.append((pod, claims))
        }
    }

    private func newPod(_ ordinal: Int64) -> (pod: Value, claims: [Value]) {
        let revision = isRolling && ordinal < firstUpdated ? current : update
        let template = RevisionHistory.template(of: revision) ?? statefulSet.at("spec", "template") ?? .object(Object())
        let name = "\(statefulSet.name)-\(ordinal)"
        var pod = PodFactory.pod(
            from: template, owner: statefulSet, kind: "StatefulSet", apiVersion: "apps/v1", name: name)
        pod.labels[Self.podName] = name
        pod.labels[Self.podIndex] = String(ordinal)
        pod.labels[Self.revisionLabel] = revision.name
        pod.set(.string(name), at: "spec", "hostname")
        let service = statefulSet.text("spec", "serviceName")
        if !service.isEmpty { pod.set(.string(service), at: "spec", "subdomain") }
        return (claims.mounted(by: pod), claims.needed(by: name))
    }

    /// - Parameter plan: the status already reflects what is about to happen.
    func status(after plan: Plan) -> Value {
        let created = pods.values.filter { !PodView($0).phase.isEmpty }
        let live = created.filter { $0.deletionTimestamp == nil }
        let ready = created.filter { PodView($0).phase == "Running" && PodView($0).isReady }
        let available = ready.filter { PodView($0).isAvailable(minReadySeconds: minReadySeconds, now: now) }
        let updated = live.count { $0.labels[Self.revisionLabel] == update.name }
        var ofCurrent = live.count { $0.labels[Self.revisionLabel] == current.name }
        if plan.replacesCurrent { ofCurrent = max(0, ofCurrent - 1) }
        let isDone = isRolling && [updated, ready.count, created.count].allSatisfy { Int64($0) == replicas }
        if isDone { ofCurrent = updated }
        var status = statefulSet["status"]?.object ?? Object()
        func count(_ number: Int) -> Value? { number == 0 ? nil : .int(Int64(number)) }
        status["observedGeneration"] = statefulSet.at("metadata", "generation")
        status["replicas"] = .int(Int64(created.count))
        status["readyReplicas"] = count(ready.count)
        status["availableReplicas"] = .int(Int64(available.count))
        status["currentReplicas"] = count(ofCurrent)
        status["updatedReplicas"] = count(updated)
        status["currentRevision"] = .string(isDone ? update.name : current.name)
        status["updateRevision"] = .string(update.name)
        status["collisionCount"] = .int(collisionCount)
        return .object(status)
    }

    func timeToNextAvailability() -> Duration? {
        pods.values.compactMap { PodView($0).timeToAvailability(minReadySeconds: minReadySeconds, now: now) }.min()
    }
}
