import FairleadModel

/// Which nodes want a pod of a DaemonSet, and what follows from that. Pure.
///
/// Reference: "DaemonSet" concept page; the tolerations are its table "Tolerations for DaemonSet pods".
struct DaemonSetReconciler {
    static let hashLabel = RevisionHistory.Style.daemonSet.hashLabel
    static let generationLabel = "pod-template-generation"

    struct Plan {
        var create: [Value] = []
        var delete: [Value] = []
        /// Events about pods that have ended: type, reason and message.
        var reports: [(type: String, reason: String, message: String)] = []
    }

    let daemonSet: Value
    let nodes: [NodeView]
    /// Pods by the node they are bound to or meant for.
    let pods: [String: [Value]]
    let hash: String
    let now: Timestamp

    init(daemonSet: Value, nodes: [Value], pods: [Value], hash: String, now: Timestamp) {
        self.daemonSet = daemonSet
        self.nodes = nodes.map { NodeView($0) }.sorted { $0.name < $1.name }
        self.hash = hash
        self.now = now
        var perNode: [String: [Value]] = [:]
        for pod in pods where !(PodView(pod).isFinished && PodView(pod).isTerminating) {
            perNode[Self.node(of: pod), default: []].append(pod)
        }
        self.pods = perNode.mapValues { $0.sorted(by: Self.isOlder) }
    }

    /// The node that the pod is on, or that its affinity names.
    static func node(of pod: Value) -> String {
        let bound = PodView(pod).nodeName
        if !bound.isEmpty { return bound }
        let terms =
            pod.at("spec", "affinity", "nodeAffinity", "requiredDuringSchedulingIgnoredDuringExecution")?
            .items("nodeSelectorTerms") ?? []
        for term in terms {
            for field in term.items("matchFields") where field.text("key") == "metadata.name" {
                if let name = field.texts("values").first { return name }
            }
        }
        return ""
    }

    /// Bound pods come first.
    private static func isOlder(_ left: Value, _ right: Value) -> Bool {
        let isBound = !PodView(left).nodeName.isEmpty
        if isBound != !PodView(right).nodeName.isEmpty { return isBound }
        return (left.creationTimestamp, left.name) < (right.creationTimestamp, right.name)
    }

    private var template: Value { daemonSet.at("spec", "template") ?? .object(Object()) }
    var minReadySeconds: Int64 { daemonSet.at("spec", "minReadySeconds")?.int ?? 0 }

    func plan() -> Plan {
        var plan = Plan()
        if daemonSet.deletionTimestamp != nil { return plan }
        for node in nodes { visit(node, &plan) }
        let known = Set(nodes.map(\.name))
        for (node, pods) in pods where !known.contains(node) {
            // Nothing will bind them any more.
            plan.delete += pods.filter { PodView($0).nodeName.isEmpty && !PodView($0).isTerminating }
        }
        if plan.create.isEmpty, plan.delete.isEmpty { roll(&plan) }
        return plan
    }

    private func visit(_ node: NodeView, _ plan: inout Plan) {
        let (shouldRun, mayStay) = wants(node)
        let here = pods[node.name] ?? []
        let alive = here.filter { !PodView($0).isTerminating }
        if !mayStay {
            plan.delete += alive
            return
        }
        if shouldRun, here.isEmpty { plan.create.append(pod(for: node.name)) }
        var running: [Value] = []
        for pod in alive {
            let place = "\(pod.namespace)/\(pod.name) on node \(node.name), will try to"
            switch PodView(pod).phase {
            case "Failed":
                plan.reports.append(("Warning", "FailedDaemonPod", "Found failed daemon pod \(place) kill it"))
                plan.delete.append(pod)
            case "Succeeded":
                plan.reports.append(("Normal", "SucceededDaemonPod", "Found succeeded daemon pod \(place) delete it"))
                plan.delete.append(pod)
            default: running.append(pod)
            }
        }
        if running.count < 2 { return }
        plan.delete += surplus(of: running)
    }

    func isUpdated(_ pod: Value) -> Bool {
        let generation = daemonSet.annotations["deprecated.daemonset.template.generation"]
        return pod.labels[Self.hashLabel] == hash || generation != nil && pod.labels[Self.generationLabel] == generation
    }

    func isAvailable(_ pod: Value) -> Bool { PodView(pod).isAvailable(minReadySeconds: minReadySeconds, now: now) }

    /// Whether the node should get a pod, and whether an existing one may stay.
    func wants(_ node: NodeView) -> (shouldRun: Bool, mayStay: Bool) {
        let spec = template["spec"] ?? .null
        guard NodeAffinity(podSpec: spec).matches(name: node.name, labels: node.labels) else { return (false, false) }
        let fixed = spec.text("nodeName")
        if !fixed.isEmpty, fixed != node.name { return (false, false) }
        let tolerations = Self.tolerations(of: spec).map(Toleration.init)
        let intolerable = node.taints.filter { taint in
            taint.effect != "PreferNoSchedule" && !tolerations.contains { $0.tolerates(taint) }
        }
        if intolerable.isEmpty { return (true, true) }
        return (false, !intolerable.contains { $0.effect == "NoExecute" })
    }

    private static func tolerations(of spec: Value) -> [Value] {
        var result = spec.items("tolerations")
        var entries: [(String, String)] = [
            ("node.kubernetes.io/not-ready", "NoExecute"), ("node.kubernetes.io/unreachable", "NoExecute"),
            ("node.kubernetes.io/disk-pressure", "NoSchedule"), ("node.kubernetes.io/memory-pressure", "NoSchedule"),
            ("node.kubernetes.io/pid-pressure", "NoSchedule"), ("node.kubernetes.io/unschedulable", "NoSchedule"),
        ]
        if spec.flag("hostNetwork") { entries.append(("node.kubernetes.io/network-unavailable", "NoSchedule")) }
        for (key, effect) in entries {
            let toleration: Value = ["key": .string(key), "operator": "Exists", "effect": .string(effect)]
            if !result.contains(toleration) { result.append(toleration) }
        }
        return result
    }

    func pod(for node: String) -> Value {
        var pod = PodFactory.pod(from: template, owner: daemonSet, kind: "DaemonSet", apiVersion: "apps/v1")
        pod.labels[Self.hashLabel] = hash
        pod.labels[Self.generationLabel] =
            daemonSet.annotations["deprecated.daemonset.template.generation"] ?? String(daemonSet.generation)
        pod.set(.array(Self.tolerations(of: template["spec"] ?? .null)), at: "spec", "tolerations")
        // The scheduler binds the pod, but only to this node: the term replaces any other required terms.
        let term: Value = ["matchFields": [["key": "metadata.name", "operator": "In", "values": [.string(node)]]]]
        pod.set(
            ["nodeSelectorTerms": [term]], at: "spec", "affinity", "nodeAffinity",
            "requiredDuringSchedulingIgnoredDuringExecution")
        return pod
    }

    func status() -> Value {
        var (desired, current, misscheduled, ready, available, updated) = (0, 0, 0, 0, 0, 0)
        for node in nodes {
            let here = pods[node.name] ?? []
            guard wants(node).shouldRun else {
                if !here.isEmpty { misscheduled += 1 }
                continue
            }
            desired += 1
            guard let pod = here.first else { continue }
            current += 1
            if PodView(pod).isReady { ready += 1 }
            if isAvailable(pod) { available += 1 }
            if isUpdated(pod) { updated += 1 }
        }
        var status = daemonSet["status"]?.object ?? Object()
        func count(_ number: Int) -> Value? { number == 0 ? nil : .int(Int64(number)) }
        status["desiredNumberScheduled"] = .int(Int64(desired))
        status["currentNumberScheduled"] = .int(Int64(current))
        status["numberMisscheduled"] = .int(Int64(misscheduled))
        status["numberReady"] = .int(Int64(ready))
        status["updatedNumberScheduled"] = count(updated)
        status["numberAvailable"] = count(available)
        status["numberUnavailable"] = count(desired - available)
        status["observedGeneration"] = daemonSet.at("metadata", "generation")
        return .object(status)
    }

    func timeToNextAvailability() -> Duration? {
        pods.values.joined().compactMap {
            PodView($0).timeToAvailability(minReadySeconds: minReadySeconds, now: now)
        }.min()
    }
}
