package import FairleadModel

/// The quality-of-service class, which depends on the requests and limits for cpu and memory.
///
/// Reference: Kubernetes documentation, "Pod Quality of Service Classes".
package enum PodQoS {
    package static func of(_ spec: Value) -> String {
        let ofPod = spec["resources"].map(amounts)
        if let ofPod, !ofPod.requests.isEmpty || !ofPod.limits.isEmpty {
            return classify([ofPod])
        }
        return classify(
            (spec.items("containers") + spec.items("initContainers")).map {
                amounts($0["resources"] ?? .null)
            })
    }

    private struct Amounts {
        var requests: [String: Quantity] = [:]
        var limits: [String: Quantity] = [:]
    }

    private static func amounts(_ resources: Value) -> Amounts {
        Amounts(requests: positive(resources, "requests"), limits: positive(resources, "limits"))
    }

    private static func positive(_ resources: Value, _ key: String) -> [String: Quantity] {
        var result: [String: Quantity] = [:]
        for name in ["cpu", "memory"] {
            guard let text = resources.at(key, name)?.string, let quantity = Quantity(text), quantity > zero else {
                continue
            }
            result[name] = quantity
        }
        return result
    }

    private static let zero = Quantity("0") ?? Quantity(0)

    private static func classify(_ parts: [Amounts]) -> String {
        let isUnlimitedSomewhere = parts.contains { $0.limits.count < 2 }
        var total = Amounts()
        for part in parts {
            total.requests.merge(part.requests) { $0 + $1 }
            total.limits.merge(part.limits) { $0 + $1 }
        }
        if total.requests.isEmpty, total.limits.isEmpty { return "BestEffort" }
        return !isUnlimitedSomewhere && total.requests == total.limits ? "Guaranteed" : "Burstable"
    }
}
