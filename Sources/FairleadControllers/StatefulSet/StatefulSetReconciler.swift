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
        var delete: [Value] = []
        /// Pods are missing, but too many wait for a node already.
        var isHeldBack = false
    }

    let statefulSet: Value
    let pods: [Int64: Value]
    /// The revisions of the present template and of the previous one, which contain those templates.
    let update: Value
    let current: Value
    let now: Timestamp

    init(set: Value, pods: [Value], update: Value, current: Value?, now: Timestamp) {
        statefulSet = set
        self.update = update
        self.current = current ?? update
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
    private var partition: Int64 { statefulSet.at("spec", "updateStrategy", "rollingUpdate", "partition")?.int ?? 0 }
    private var minReadySeconds: Int64 { statefulSet.at("spec", "minReadySeconds")?.int ?? 0 }

    func plan() -> Plan {
        var plan = Plan()
        if statefulSet.deletionTimestamp != nil { return plan }
        var mayGoOn = true
        let burst = CreationBurst.allowed(missing: .max, pods: pods.values)
        for ordinal in ordinals {
            // Of two thousand million replicas only those are looked at that can change something.
            if !mayGoOn, !isParallel { break }
            guard let pod = pods[ordinal] else {
                if plan.create.count >= burst {
                    plan.isHeldBack = burst == 0
                    mayGoOn = false
                    break
                }
                plan.create.append(newPod(ordinal))
                mayGoOn = false
                continue
            }
            let view = PodView(pod)
            if view.isFinished, !view.isTerminating { plan.delete.append(pod) }
            if !isHealthy(view) { mayGoOn = false }
        }
        guard mayGoOn || isParallel else { return plan }
        let condemned = pods.filter { !ordinals.contains($0.key) }.sorted { $0.key > $1.key }.map(\.value)
        for pod in condemned {
            if pod.deletionTimestamp == nil { plan.delete.append(pod) }
            if !isParallel { return plan }
        }
        if mayGoOn, condemned.isEmpty, let outdated { plan.delete.append(outdated) }
        return plan
    }

    /// The pod to replace next: the highest one of an old revision, if all above it are healthy.
    private var outdated: Value? {
        guard isRolling else { return nil }
        for ordinal in ordinals.clamped(to: max(first, partition)..<Int64.max).reversed() {
            guard let pod = pods[ordinal] else { return nil }
            if pod.labels[Self.revisionLabel] != update.name { return pod.deletionTimestamp == nil ? pod : nil }
            if !isHealthy(PodView(pod)) { return nil }
        }
        return nil
    }

    private func isHealthy(_ pod: PodView) -> Bool {
        pod.phase == "Running" && !pod.isTerminating && pod.isAvailable(minReadySeconds: minReadySeconds, now: now)
    }

    private func newPod(_ ordinal: Int64) -> (pod: Value, claims: [Value]) {
        let revision = isRolling && ordinal < partition ? current : update
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
        let templates = statefulSet.items("spec", "volumeClaimTemplates")
        guard !templates.isEmpty else { return (pod, []) }
        let names = Set(templates.map(\.name))
        let volumes: [Value] = templates.map {
            ["name": .string($0.name), "persistentVolumeClaim": ["claimName": .string("\($0.name)-\(name)")]]
        }
        let others = pod.items("spec", "volumes").filter { !names.contains($0.text("name")) }
        pod.set(.array(volumes + others), at: "spec", "volumes")
        return (pod, templates.map { claim($0, pod: name) })
    }

    private func claim(_ template: Value, pod: String) -> Value {
        var claim = template
        claim["apiVersion"] = "v1"
        claim["kind"] = "PersistentVolumeClaim"
        claim["status"] = nil
        claim.set(.string("\(template.name)-\(pod)"), at: "metadata", "name")
        claim.set(.string(statefulSet.namespace), at: "metadata", "namespace")
        claim.labels = template.labels.merging(statefulSet.at("spec", "selector", "matchLabels")?.stringMap ?? [:]) {
            $1
        }
        return claim
    }

    func status() -> Value {
        let live = pods.values.filter { !PodView($0).isTerminating && !PodView($0).isFinished }
        let ready = live.filter { PodView($0).phase == "Running" && PodView($0).isReady }
        let available = ready.filter { PodView($0).isAvailable(minReadySeconds: minReadySeconds, now: now) }
        let updated = live.filter { $0.labels[Self.revisionLabel] == update.name }
        let isDone = Int64(updated.count) == replicas && Int64(ready.count) == replicas && live.count == updated.count
        let currentName = isDone || !isRolling && live.isEmpty ? update.name : current.name
        let ofCurrent = live.filter { $0.labels[Self.revisionLabel] == currentName }
        var status = statefulSet["status"]?.object ?? Object()
        func count(_ number: Int) -> Value? { number == 0 ? nil : .int(Int64(number)) }
        status["observedGeneration"] = statefulSet.at("metadata", "generation")
        status["replicas"] = .int(Int64(live.count))
        status["readyReplicas"] = count(ready.count)
        status["availableReplicas"] = .int(Int64(available.count))
        status["currentReplicas"] = count(ofCurrent.count)
        status["updatedReplicas"] = count(updated.count)
        status["currentRevision"] = .string(currentName)
        status["updateRevision"] = .string(update.name)
        status["collisionCount"] = status["collisionCount"] ?? 0
        return .object(status)
    }

    func timeToNextAvailability() -> Duration? {
        pods.values.compactMap { PodView($0).timeToAvailability(minReadySeconds: minReadySeconds, now: now) }.min()
    }
}
