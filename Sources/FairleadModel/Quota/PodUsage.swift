/// What a pod takes of a quota, and what quotas demand that its containers say.
enum PodUsage {
    private static let limitable: Set<String> = ["cpu", "memory", "ephemeral-storage"]

    static func isMeasured(_ name: String) -> Bool {
        if name == "pods" || limitable.contains(name) || name.hasPrefix("hugepages-") { return true }
        if name.hasPrefix("limits.") { return limitable.contains(String(name.dropFirst("limits.".count))) }
        guard name.hasPrefix("requests.") else { return false }
        let rest = String(name.dropFirst("requests.".count))
        // A qualified name is an extended resource; requests.storage belongs to claims.
        return limitable.contains(rest) || rest.hasPrefix("hugepages-") || rest.contains("/")
    }

    /// A pod that has finished is still counted as an object, and as nothing else.
    static func of(_ pod: Value) -> ResourceAmounts {
        var result = ResourceAmounts(["count/pods": Quantity(1)])
        let phase = pod.at("status", "phase")?.string
        if phase == "Failed" || phase == "Succeeded" { return result }
        result["pods"] = Quantity(1)
        let spec = pod["spec"] ?? .null
        return result + named(total(spec, "requests"), total(spec, "limits"))
    }

    /// What containers take together: those that run at a time, or the greediest of those that run before. The pod's
    /// own figures go before them, its overhead comes on top.
    private static func total(_ spec: Value, _ kind: String) -> ResourceAmounts {
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
        var result = (running + sidecars).maximum(peak)
        for (name, amount) in ResourceAmounts(spec.at("resources", kind)).amounts { result[name] = amount }
        let overhead = ResourceAmounts(spec["overhead"])
        // An overhead limits only what is limited.
        return kind == "requests" ? result + overhead : result + overhead.only(result.names)
    }

    /// Requests count under their own name and with the prefix, limits with theirs.
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

    /// What the containers fail to say although a quota bounds it; nil if they say all.
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
