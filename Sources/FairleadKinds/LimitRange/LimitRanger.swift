import FairleadModel

/// The admission plugin LimitRanger: a namespace's LimitRanges fill in and bound what pods ask for.
///
/// Reference: k8s.io/kubernetes `plugin/pkg/admission/limitranger`.
enum LimitRanger {
    /// Fills in defaults of containers and notes them in an annotation.
    static func fill(_ pod: inout Value, from ranges: [Value]) {
        let limits = ranges.flatMap { $0["spec"]?.items("limits") ?? [] }.filter { $0.text("type") == "Container" }
        if limits.isEmpty { return }
        var notes: [String] = []
        pod.change("spec") { spec in
            for (key, word) in [("containers", "container"), ("initContainers", "init container")] {
                spec.changeItems(key) { container in
                    notes += self.fill(&container, word, limits)
                }
            }
        }
        if notes.isEmpty { return }
        let text = "LimitRanger plugin set: " + notes.joined(separator: "; ")
        pod.set(.string(text), at: "metadata", "annotations", "kubernetes.io/limit-ranger")
    }

    private static func fill(_ container: inout Value, _ word: String, _ limits: [Value]) -> [String] {
        var requests: [String] = []
        var bounds: [String] = []
        var resources = container["resources"] ?? .object(Object())
        for limit in limits {
            for member in limit.entries("defaultRequest") where resources.at("requests", member.key) == nil {
                resources.set(member.value, at: "requests", member.key)
                requests.append(member.key)
            }
            for member in limit.entries("default") where resources.at("limits", member.key) == nil {
                resources.set(member.value, at: "limits", member.key)
                bounds.append(member.key)
            }
        }
        container["resources"] = resources
        let name = container.text("name")
        var notes: [String] = []
        if !requests.isEmpty { notes.append("\(requests.joined(separator: ", ")) request for \(word) \(name)") }
        if !bounds.isEmpty { notes.append("\(bounds.joined(separator: ", ")) limit for \(word) \(name)") }
        return notes
    }

    /// What is wrong with the pod; several reasons stand in brackets.
    static func refusal(of pod: Value, by ranges: [Value]) -> String? {
        var reasons: [String] = []
        for limit in ranges.flatMap({ $0["spec"]?.items("limits") ?? [] }) {
            switch limit.text("type") {
            case "Container":
                for container in pod["spec"]?.items("containers") ?? [] {
                    reasons += violations(of: limit, by: container["resources"] ?? .null, "Container")
                }
            case "Pod": reasons += violations(of: limit, by: total(pod), "Pod")
            default: break
            }
        }
        switch reasons.count {
        case 0: return nil
        case 1: return reasons[0]
        default: return "[" + reasons.joined(separator: ", ") + "]"
        }
    }

    private static func violations(of limit: Value, by resources: Value, _ type: String) -> [String] {
        var reasons: [String] = []
        func amount(_ kind: String, _ name: String) -> Quantity? {
            resources.at(kind, name)?.string.flatMap { Quantity($0) }
        }
        for member in limit.entries("min") {
            guard let bound = member.value.string.flatMap({ Quantity($0) }) else { continue }
            let words = "minimum \(member.key) usage per \(type) is \(bound)"
            if let request = amount("requests", member.key) {
                if request < bound {
                    reasons.append("\(words), but request is \(request)")
                } else if let most = amount("limits", member.key), most < bound {
                    reasons.append("\(words), but limit is \(most)")
                }
            } else {
                reasons.append("\(words).  No request is specified")
            }
        }
        for member in limit.entries("max") {
            guard let bound = member.value.string.flatMap({ Quantity($0) }) else { continue }
            let words = "maximum \(member.key) usage per \(type) is \(bound)"
            if let most = amount("limits", member.key) {
                if most > bound {
                    reasons.append("\(words), but limit is \(most)")
                } else if let request = amount("requests", member.key), request > bound {
                    reasons.append("\(words), but request is \(request)")
                }
            } else {
                reasons.append("\(words).  No limit is specified")
            }
        }
        return reasons
    }

    /// The sums of what containers ask for.
    private static func total(_ pod: Value) -> Value {
        var sums: [String: [String: Quantity]] = [:]
        for container in pod["spec"]?.items("containers") ?? [] {
            for kind in ["requests", "limits"] {
                for member in container["resources"]?.entries(kind) ?? [] {
                    guard let amount = member.value.string.flatMap({ Quantity($0) }) else { continue }
                    sums[kind, default: [:]][member.key] = (sums[kind]?[member.key]).map { $0 + amount } ?? amount
                }
            }
        }
        return .object(
            Object(
                sums.map { kind, amounts in
                    (kind, .object(Object(amounts.map { ($0.key, Value.string($0.value.description)) })))
                }))
    }
}
