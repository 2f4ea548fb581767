import FairleadModel

/// A pod that is to get a node, read from the object once per decision.
struct PendingPod: Sendable {
    let value: Value
    let info: PodInfo
    let affinity: NodeAffinity
    let preferences: NodePreferences?
    let tolerations: [Toleration]
    let toleratesUnschedulable: Bool
    let hardSpread: [SpreadConstraint]
    let softSpread: [SpreadConstraint]
    /// Whether `softSpread` is what the scheduler adds for pods without constraints.
    let isSpreadByDefault: Bool
    /// The only nodes that its node affinity names; nil if it names none.
    let namedNodes: Set<String>?
    /// Whether its node affinity asks for two nodes at once.
    let isContradictory: Bool
    let mayPreempt: Bool
    let volumes: VolumeNeeds

    /// - Parameters:
    ///   - services: selectors of the Services that select the pod; they tell which pods belong together where no
    ///     controller does.
    init(_ pod: Value, info: PodInfo? = nil, volumes: VolumeNeeds = VolumeNeeds(), services: [[String: String]] = []) {
        let spec = pod["spec"] ?? .null
        let info = info ?? PodInfo(pod)
        value = pod
        self.info = info
        affinity = NodeAffinity(podSpec: spec)
        let hasPreferences =
            spec.at("affinity", "nodeAffinity", "preferredDuringSchedulingIgnoredDuringExecution") != nil
        preferences = hasPreferences ? NodePreferences(podSpec: spec) : nil
        tolerations = PodView(pod).tolerations
        let taint = Taint(key: "node.kubernetes.io/unschedulable", effect: "NoSchedule")
        toleratesUnschedulable = tolerations.contains { $0.tolerates(taint) }
        if spec.items("topologySpreadConstraints").isEmpty {
            hardSpread = []
            softSpread = Self.defaultSpread(info, services)
            isSpreadByDefault = true
        } else {
            hardSpread = SpreadConstraint.all(of: pod, "DoNotSchedule")
            softSpread = SpreadConstraint.all(of: pod, "ScheduleAnyway")
            isSpreadByDefault = false
        }
        namedNodes = Self.namedNodes(spec)
        isContradictory = namedNodes?.isEmpty ?? false
        mayPreempt = spec.text("preemptionPolicy") != "Never"
        self.volumes = volumes
    }

    func tolerates(_ taints: [Taint]) -> Bool {
        taints.allSatisfy { taint in tolerations.contains { $0.tolerates(taint) } }
    }

    /// Pods of one controller, or of the same Services, are spread over zones and nodes.
    private static func defaultSpread(_ pod: PodInfo, _ services: [[String: String]]) -> [SpreadConstraint] {
        var labels: [String: String] = [:]
        for service in services { labels.merge(service) { first, _ in first } }
        if pod.owner.isEmpty, labels.isEmpty { return [] }
        let group = PodGroup(
            namespaces: [pod.namespace], namespaceSelector: nil, selector: LabelSelector(matchLabels: labels))
        return [
            SpreadConstraint(topologyKey: SpreadConstraint.hostname, maxSkew: 3, group: group),
            SpreadConstraint(topologyKey: SpreadConstraint.zone, maxSkew: 5, group: group),
        ]
    }

    private static func namedNodes(_ spec: Value) -> Set<String>? {
        let path = spec.at("affinity", "nodeAffinity", "requiredDuringSchedulingIgnoredDuringExecution")
        guard let terms = path?["nodeSelectorTerms"]?.array, !terms.isEmpty else { return nil }
        var all: Set<String> = []
        for term in terms {
            var names: Set<String>?
            for field in term.items("matchFields")
            where field.text("key") == "metadata.name" && field.text("operator") == "In" {
                let values = Set(field.texts("values"))
                names = names?.intersection(values) ?? values
            }
            // A term that names no node allows any.
            guard let names else { return nil }
            all.formUnion(names)
        }
        return all
    }
}
