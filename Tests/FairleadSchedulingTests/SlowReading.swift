import FairleadModel

@testable import FairleadScheduling

/// The rules of placement once more, read slowly: every question looks at every pod.
struct SlowReading {
    var nodes: [Value]
    var namespaces: [String: [String: String]]
    /// With `spec.nodeName`.
    var pods: [Value]

    func fitting(_ pod: Value) -> Set<String> {
        Set(nodes.filter { fits(pod, $0) }.map(\.name))
    }

    private func fits(_ pod: Value, _ node: Value) -> Bool {
        isAllowed(pod, node) && hasRoom(for: pod, node) && nodes.first { $0.name == node.name } != nil
            && satisfiesSpread(pod, node) && satisfiesAffinity(pod, node) && satisfiesAntiAffinity(pod, node)
            && isWelcome(pod, node)
    }

    private func isAllowed(_ pod: Value, _ node: Value) -> Bool {
        let tolerations = PodView(pod).tolerations
        func tolerates(_ taint: Taint) -> Bool { tolerations.contains { $0.tolerates(taint) } }
        if NodeView(node).isUnschedulable,
            !tolerates(Taint(key: "node.kubernetes.io/unschedulable", effect: "NoSchedule"))
        {
            return false
        }
        return NodeView(node).taints.allSatisfy { $0.effect == "PreferNoSchedule" || tolerates($0) }
            && NodeAffinity(podSpec: pod["spec"] ?? .null).matches(name: node.name, labels: node.labels)
    }

    private func here(_ node: Value) -> [Value] { pods.filter { $0.text("spec", "nodeName") == node.name } }

    private func hasRoom(for pod: Value, _ node: Value) -> Bool {
        func cpu(_ pod: Value) -> Int64 {
            pod.items("spec", "containers").reduce(0) {
                $0 + (Quantity($1.text("resources", "requests", "cpu"))?.milliValue ?? 0)
            }
        }
        let others = here(node)
        let all = Quantity(node.text("status", "allocatable", "cpu"))?.milliValue ?? 0
        let most = Quantity(node.text("status", "allocatable", "pods"))?.value ?? 0
        let wanted = cpu(pod)
        if others.count + 1 > most { return false }
        if wanted > 0, others.reduce(0, { $0 + cpu($1) }) + wanted > all { return false }
        func ports(_ pod: Value) -> [Int64] {
            pod.items("spec", "containers").flatMap { $0.items("ports").compactMap { $0["hostPort"]?.int } }
        }
        return Set(others.flatMap(ports)).isDisjoint(with: ports(pod))
    }

    // MARK: - terms

    private func place(of pod: Value, _ key: String) -> String? {
        nodes.first { $0.name == pod.text("spec", "nodeName") }?.labels[key]
    }

    private func concerns(_ term: Value, of owner: Value, _ other: Value) -> Bool {
        var isInNamespace = term.texts("namespaces").contains(other.namespace)
        if let selector = term["namespaceSelector"] {
            isInNamespace = isInNamespace || matches(selector, namespaces[other.namespace] ?? [:])
        } else if term.items("namespaces").isEmpty {
            isInNamespace = other.namespace == owner.namespace
        }
        return isInNamespace && matches(term["labelSelector"] ?? .null, other.labels)
    }

    private func matches(_ selector: Value, _ labels: [String: String]) -> Bool {
        guard case .object = selector else { return false }
        return (selector["matchLabels"]?.stringMap ?? [:]).allSatisfy { labels[$0.key] == $0.value }
            && selector.items("matchExpressions").allSatisfy { expression in
                let value = labels[expression.text("key")]
                switch expression.text("operator") {
                case "In": return value.map(expression.texts("values").contains) ?? false
                case "NotIn": return !(value.map(expression.texts("values").contains) ?? false)
                case "Exists": return value != nil
                default: return value == nil
                }
            }
    }

    private func terms(_ pod: Value, _ kind: String) -> [Value] {
        pod.at("spec", "affinity", kind, Sample.required)?.array ?? []
    }

    private func satisfiesAffinity(_ pod: Value, _ node: Value) -> Bool {
        let terms = terms(pod, "podAffinity")
        if terms.isEmpty { return true }
        if terms.contains(where: { node.labels[$0.text("topologyKey")] == nil }) { return false }
        let friends = pods.filter { other in terms.allSatisfy { concerns($0, of: pod, other) } }
        let isBeside = terms.allSatisfy { term in
            let key = term.text("topologyKey")
            return friends.contains { place(of: $0, key) == node.labels[key] }
        }
        if isBeside { return true }
        let isAlone = friends.allSatisfy { friend in
            terms.allSatisfy { place(of: friend, $0.text("topologyKey")) == nil }
        }
        return isAlone && terms.allSatisfy { concerns($0, of: pod, pod) }
    }

    private func satisfiesAntiAffinity(_ pod: Value, _ node: Value) -> Bool {
        terms(pod, "podAntiAffinity").allSatisfy { term in
            let key = term.text("topologyKey")
            guard let value = node.labels[key] else { return true }
            return !pods.contains { concerns(term, of: pod, $0) && place(of: $0, key) == value }
        }
    }

    private func isWelcome(_ pod: Value, _ node: Value) -> Bool {
        pods.allSatisfy { other in
            terms(other, "podAntiAffinity").allSatisfy { term in
                let key = term.text("topologyKey")
                guard let value = node.labels[key], place(of: other, key) == value else { return true }
                return !concerns(term, of: other, pod)
            }
        }
    }

    private func satisfiesSpread(_ pod: Value, _ node: Value) -> Bool {
        let constraints = pod.items("spec", "topologySpreadConstraints").filter {
            $0.text("whenUnsatisfiable") == "DoNotSchedule"
        }
        return constraints.allSatisfy { constraint in
            let key = constraint.text("topologyKey")
            guard let mine = node.labels[key] else { return false }
            let eligible = nodes.filter { other in
                let isComplete = constraints.allSatisfy { other.labels[$0.text("topologyKey")] != nil }
                let isWanted =
                    constraint.text("nodeAffinityPolicy") == "Ignore"
                    || NodeAffinity(podSpec: pod["spec"] ?? .null).matches(name: other.name, labels: other.labels)
                let tolerations = PodView(pod).tolerations
                let isTolerated =
                    constraint.text("nodeTaintsPolicy") != "Honor"
                    || NodeView(other).taints.allSatisfy { taint in
                        taint.effect == "PreferNoSchedule" || tolerations.contains { $0.tolerates(taint) }
                    }
                return isComplete && isWanted && isTolerated
            }
            let selector = constraint["labelSelector"] ?? .null
            func count(_ domain: String) -> Int {
                let names = Set(eligible.filter { $0.labels[key] == domain }.map(\.name))
                return pods.count {
                    names.contains($0.text("spec", "nodeName")) && $0.namespace == pod.namespace
                        && $0.deletionTimestamp == nil && matches(selector, $0.labels)
                }
            }
            let domains = Set(eligible.compactMap { $0.labels[key] })
            let isFew = Int64(domains.count) < constraint["minDomains"]?.int ?? 1
            let least = isFew ? 0 : domains.map(count).min() ?? Int(Int32.max)
            let own = matches(selector, pod.labels) ? 1 : 0
            return Int64(count(mine) + own - least) <= constraint["maxSkew"]?.int ?? 1
        }
    }
}
