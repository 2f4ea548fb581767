/// What a pod uses of a quota, and what quotas require its containers to specify.
package enum PodUsage {
    private static let limitable: Set<String> = ["cpu", "memory", "ephemeral-storage"]

    static func isMeasured(_ name: String) -> Bool {
        if name == "pods" || limitable.contains(name) || name.hasPrefix("hugepages-") { return true }
        if name.hasPrefix("limits.") { return limitable.contains(String(name.dropFirst("limits.".count))) }
        guard name.hasPrefix("requests.") else { return false }
        let rest = String(name.dropFirst("requests.".count))
        // A qualified name is an extended resource; requests.storage belongs to claims.
        return limitable.contains(rest) || rest.hasPrefix("hugepages-") || rest.contains("/")
    }

    /// A finished pod is still counted as an object, but uses nothing else.
    static func of(_ pod: Value) -> ResourceAmounts {
        var result = ResourceAmounts(["count/pods": Quantity(1)])
        let phase = pod.at("status", "phase")?.string
        if phase == "Failed" || phase == "Succeeded" { return result }
        result["pods"] = Quantity(1)
        let spec = pod["spec"] ?? .null
        return result + named(total(spec, "requests"), total(spec, "limits"))
    }

    /// What the containers need together: the sum of those that run at the same time, or the largest need of those that
    /// run before them.
    ///
    /// - Parameter kind: `requests` or `limits`.
    package static func ofContainers(_ spec: Value, _ kind: String) -> ResourceAmounts {
        var running = ResourceAmounts()
        for container in spec["containers"]?.array ?? [] {
            running = running + ResourceAmounts(container.at("resources", kind))
        }
        var sidecars = ResourceAmounts()
        var peak = ResourceAmounts()
        for container in spec["initContainers"]?.array ?? [] {
            let own = ResourceAmounts(container.at("resources", kind))
            if container["restartPolicy"] == "Always" {
                sidecars = sidecars + own
                peak = peak.maximum(sidecars)
            } else {
                peak = peak.maximum(own + sidecars)
            }
        }
        return (running + sidecars).maximum(peak)
    }

    /// What the pod needs. Pod-level amounts take precedence, and the overhead is added.
    package static func total(_ spec: Value, _ kind: String) -> ResourceAmounts {
        let result = withoutOverhead(spec, kind)
        let overhead = ResourceAmounts(spec["overhead"])
        // The overhead only adds to limits that exist.
        return kind == "requests" ? result + overhead : result + overhead.only(result.names)
    }

    /// What the pod itself specifies. Pod-level amounts take precedence over those of the containers.
    package static func withoutOverhead(_ spec: Value, _ kind: String) -> ResourceAmounts {
        var result = ofContainers(spec, kind)
        for (name, amount) in ResourceAmounts(spec.at("resources", kind)).amounts { result[name] = amount }
        return result
    }

    /// Requests count under their plain name and with the prefix `requests.`, limits with the prefix `limits.`.
    private static func named(_ requests: ResourceAmounts, _ limits: ResourceAmounts) -> ResourceAmounts {
        var result = ResourceAmounts()
        for (name, amount) in requests.amounts {
            if limitable.contains(name) || name.hasPrefix("hugepages-") {
                result[name] = amount
                result["requests." + name] = amount
            } else if name.contains("/") {
                result["requests." + name] = amount
            }
        }
        for (name, amount) in limits.amounts where limitable.contains(name) { result["limits." + name] = amount }
        return result
    }

    private static let demanded: Set<String> = [
        "cpu", "memory", "requests.cpu", "requests.memory", "limits.cpu", "limits.memory",
    ]

    /// Which amounts the containers fail to specify although a quota limits them; nil if none.
    static func omission(in pod: Value, _ bounded: [String]) -> String? {
        let required = bounded.filter { demanded.contains($0) }
        var missing: [String: Set<String>] = [:]
        let spec = pod["spec"] ?? .null
        for container in (spec["containers"]?.array ?? []) + (spec["initContainers"]?.array ?? []) {
            let said = named(
                ResourceAmounts(container.at("resources", "requests")),
                ResourceAmounts(container.at("resources", "limits")))
            for name in required where said[name] == nil {
                missing[name, default: []].insert(container["name"]?.string ?? "")
            }
        }
        if missing.isEmpty { return nil }
        let parts = missing.sorted { $0.key < $1.key }.map {
            "\($0.key) for: \($0.value.sorted().joined(separator: ","))"
        }
        return "must specify " + parts.joined(separator: "; ")
    }
}
