import FairleadKindRules
import FairleadModel
import FairleadStorage

/// The admission plugin LimitRanger: a namespace's LimitRanges default and limit the resources of its pods.
///
/// Reference: k8s.io/kubernetes `plugin/pkg/admission/limitranger`.
enum LimitRanger {
    /// Fills in the defaults of containers and records them in an annotation.
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

    /// Why the pod is refused; several reasons are listed in brackets.
    ///
    /// If several LimitRanges refuse it, only the first one is reported.
    static func refusal(of pod: Value, by ranges: [Value]) -> String? {
        let spec = pod["spec"] ?? .null
        return firstRefusal(by: ranges) { limit in
            switch limit.text("type") {
            case "Container":
                (spec.items("containers") + spec.items("initContainers")).flatMap { container in
                    violations(
                        of: limit, requests: ResourceAmounts(container.at("resources", "requests")),
                        limits: ResourceAmounts(container.at("resources", "limits")))
                }
            case "Pod":
                violations(
                    of: limit, requests: PodUsage.withoutOverhead(spec, "requests"),
                    limits: PodUsage.withoutOverhead(spec, "limits"))
            default: []
            }
        }
    }

    /// Why the PersistentVolumeClaim is refused.
    static func refusal(ofClaim claim: Value, by ranges: [Value]) -> String? {
        let requests = ResourceAmounts(claim.at("spec", "resources", "requests"))
        return firstRefusal(by: ranges) { limit in
            guard limit.text("type") == "PersistentVolumeClaim" else { return [] }
            return constraints(limit, "min", requests).compactMap { $0.minimumViolation() }
                + constraints(limit, "max", requests).compactMap { $0.maximumRequestViolation() }
        }
    }

    private static func firstRefusal(by ranges: [Value], _ reasons: (Value) -> [String]) -> String? {
        for range in ranges {
            var found: [String] = []
            var seen: Set<String> = []
            for limit in range["spec"]?.items("limits") ?? [] {
                for reason in reasons(limit) where seen.insert(reason).inserted { found.append(reason) }
            }
            if found.isEmpty { continue }
            return found.count == 1 ? found[0] : "[" + found.joined(separator: ", ") + "]"
        }
        return nil
    }

    private static func violations(
        of limit: Value, requests: ResourceAmounts, limits: ResourceAmounts
    ) -> [String] {
        constraints(limit, "min", requests, limits).compactMap { $0.minimumViolation() }
            + constraints(limit, "max", requests, limits).compactMap { $0.maximumViolation() }
            + constraints(limit, "maxLimitRequestRatio", requests, limits).compactMap { $0.ratioViolation() }
    }

    private static func constraints(
        _ limit: Value, _ field: String, _ requests: ResourceAmounts, _ limits: ResourceAmounts = ResourceAmounts()
    ) -> [LimitConstraint] {
        limit.entries(field).compactMap { member in
            guard let bound = member.value.string.flatMap({ Quantity($0) }) else { return nil }
            return LimitConstraint(
                type: limit.text("type"), name: member.key, bound: bound, requests: requests, limits: limits)
        }
    }

    private static let resource = GroupResource(group: "", resource: "limitranges")

    /// The LimitRanges of a namespace; none if the plugin is off.
    static func ranges(in namespace: String, _ context: StrategyContext) -> [Value] {
        guard context.configuration.plugins.contains(.limitRanger) else { return [] }
        return context.snapshot.objects(resource, namespace: namespace, after: nil).map(\.value)
    }
}
