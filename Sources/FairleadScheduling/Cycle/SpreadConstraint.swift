import FairleadModel

/// A topology spread constraint of a pod. Reference: "Pod Topology Spread Constraints".
struct SpreadConstraint: Sendable {
    static let hostname = NodeFacts.hostnameLabel
    static let zone = NodeFacts.zoneLabel

    let maxSkew: Int
    let topologyKey: String
    let group: PodGroup
    let minDomains: Int
    /// Whether only nodes count that the pod's node affinity allows.
    let honorsAffinity: Bool
    /// Whether only nodes count whose taints the pod tolerates.
    let honorsTaints: Bool

    /// Those of a pod with this value of `whenUnsatisfiable`.
    static func all(of pod: Value, _ action: String) -> [SpreadConstraint] {
        pod.items("spec", "topologySpreadConstraints").compactMap { value in
            value.text("whenUnsatisfiable") == action ? SpreadConstraint(value, pod) : nil
        }
    }

    private init?(_ value: Value, _ pod: Value) {
        var labelSelector = value["labelSelector"] ?? .null
        let keys = value.texts("matchLabelKeys")
        if !keys.isEmpty, case .object = labelSelector {
            let labels = pod.labels
            // The API server has usually added these already; once more changes nothing.
            let added: [Value] = keys.compactMap { key in
                labels[key].map { ["key": .string(key), "operator": "In", "values": [.string($0)]] }
            }
            labelSelector["matchExpressions"] = .array(labelSelector.items("matchExpressions") + added)
        }
        // Validation lets no other selectors through.
        guard let selector = try? LabelSelector(labelSelector: labelSelector) else { return nil }
        maxSkew = Int(clamping: value["maxSkew"]?.int ?? 1)
        topologyKey = value.text("topologyKey")
        group = PodGroup(namespaces: [pod.namespace], namespaceSelector: nil, selector: selector)
        minDomains = Int(clamping: value["minDomains"]?.int ?? 1)
        honorsAffinity = value.text("nodeAffinityPolicy") != "Ignore"
        honorsTaints = value.text("nodeTaintsPolicy") == "Honor"
    }

    /// A constraint that the scheduler adds for pods without any.
    init(topologyKey: String, maxSkew: Int, group: PodGroup) {
        self.maxSkew = maxSkew
        self.topologyKey = topologyKey
        self.group = group
        minDomains = 1
        honorsAffinity = true
        honorsTaints = false
    }

    var query: PodQuery { PodQuery(groups: [group], skipsTerminating: true) }

    /// Whether the pods of every node count.
    func countsAllNodes(for pod: PendingPod) -> Bool {
        !honorsTaints && (!honorsAffinity || pod.affinity.allowsEveryNode)
    }

    /// Whether the node's pods count.
    func counts(_ node: NodeInfo, for pod: PendingPod) -> Bool {
        if honorsAffinity, !pod.affinity.matches(name: node.name, labels: node.labels) { return false }
        return !honorsTaints || pod.tolerates(node.facts.taints)
    }
}
