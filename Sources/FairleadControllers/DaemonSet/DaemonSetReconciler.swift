import FairleadModel

/// Which nodes want a pod of a DaemonSet, and what follows from that. Pure.
///
/// Reference: "DaemonSet" concept page; the tolerations are its table "Tolerations for DaemonSet pods".
struct DaemonSetReconciler {
    static let hashLabel = "controller-revision-hash"
    static let generationLabel = "pod-template-generation"

    struct Plan {
        var create: [Value] = []
        var delete: [Value] = []
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
        for pod in pods { perNode[Self.node(of: pod), default: []].append(pod) }
        self.pods = perNode
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

    private var template: Value { daemonSet.at("spec", "template") ?? .object(Object()) }
    private var minReadySeconds: Int64 { daemonSet.at("spec", "minReadySeconds")?.int ?? 0 }

    func plan() -> Plan {
        var plan = Plan()
        if daemonSet.deletionTimestamp != nil { return plan }
        for node in nodes {
            let (shouldRun, mayStay) = wants(node)
            let here = (pods[node.name] ?? []).sorted { $0.creationTimestamp < $1.creationTimestamp }
            let alive = here.filter { !PodView($0).isTerminating }
            let finished = alive.filter { PodView($0).phase == "Failed" }
            plan.delete += finished
            let running = alive.filter { PodView($0).phase != "Failed" }
            if !mayStay {
                plan.delete += running
            } else if shouldRun, here.isEmpty {
                plan.create.append(pod(for: node.name))
            } else if running.count > 1 {
                plan.delete += running.dropFirst()
            }
        }
        if plan.create.isEmpty, plan.delete.isEmpty { plan.delete = outdated() }
        return plan
    }

    /// Pods of an old template that may go now: those that serve nobody at once, others within maxUnavailable.
    private func outdated() -> [Value] {
        guard daemonSet.at("spec", "updateStrategy", "type")?.string ?? "RollingUpdate" == "RollingUpdate" else {
            return []
        }
        let update = daemonSet.at("spec", "updateStrategy", "rollingUpdate")
        let wanted = nodes.filter { wants($0).shouldRun }
        var allowance = max(
            1,
            RolloutLimits.scaled(
                update?["maxUnavailable"] ?? 1, of: Int64(wanted.count), roundingUp: true))
        var unavailable: [Value] = []
        var available: [Value] = []
        for node in wanted {
            guard let pod = pods[node.name]?.first(where: { !PodView($0).isTerminating }) else {
                allowance = allowance -| 1
                continue
            }
            let isOld = pod.labels[Self.hashLabel] != hash
            if PodView(pod).isAvailable(minReadySeconds: minReadySeconds, now: now) {
                if isOld { available.append(pod) }
            } else {
                allowance = allowance -| 1
                if isOld { unavailable.append(pod) }
            }
        }
        return unavailable + available.prefix(Int(max(0, allowance)))
    }

    /// Whether the node shall get a pod, and whether one that is there may stay.
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

    private func pod(for node: String) -> Value {
        var pod = PodFactory.pod(from: template, owner: daemonSet, kind: "DaemonSet", apiVersion: "apps/v1")
        pod.labels[Self.hashLabel] = hash
        pod.labels[Self.generationLabel] =
            daemonSet.annotations["deprecated.daemonset.template.generation"] ?? String(daemonSet.generation)
        pod.set(.array(Self.tolerations(of: template["spec"] ?? .null)), at: "spec", "tolerations")
        // The scheduler binds it, but to this node only; of other required terms the name is what remains.
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
            let (shouldRun, mayStay) = wants(node)
            if shouldRun || (mayStay && !here.isEmpty) {
                desired += 1
                guard let pod = here.min(by: { $0.creationTimestamp < $1.creationTimestamp }) else { continue }
                current += 1
                let view = PodView(pod)
                if view.isReady { ready += 1 }
                if view.isAvailable(minReadySeconds: minReadySeconds, now: now) { available += 1 }
                if pod.labels[Self.hashLabel] == hash { updated += 1 }
            } else if !here.isEmpty {
                misscheduled += 1
            }
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
