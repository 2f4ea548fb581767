import FairleadModel

/// What a simulated kubelet reports about its machine.
///
/// Reference: "Node Status" (kubernetes.io/docs/reference/node/node-status).
enum NodeStatus {
    private static let conditions: [(type: String, status: String, reason: String, message: String)] = [
        ("MemoryPressure", "False", "KubeletHasSufficientMemory", "kubelet has sufficient memory available"),
        ("DiskPressure", "False", "KubeletHasNoDiskPressure", "kubelet has no disk pressure"),
        ("PIDPressure", "False", "KubeletHasSufficientPID", "kubelet has sufficient PID available"),
        ("Ready", "True", "KubeletReady", "kubelet is posting ready status"),
    ]

    private static let resources: Value = [
        "cpu": "8", "memory": "16Gi", "ephemeral-storage": "100Gi", "hugepages-1Gi": "0", "hugepages-2Mi": "0",
        "pods": "110",
    ]

    /// The node with an updated report. Fields that the kubelet does not own are kept.
    /// - Parameter addresses: the node's addresses; none keeps those it has.
    static func reported(_ node: Value, addresses: [String], now: Timestamp) -> Value {
        var result = node
        var status = node["status"]?.object ?? Object()
        status["capacity"] = status["capacity"] ?? resources
        status["allocatable"] = status["allocatable"] ?? status["capacity"]
        if !addresses.isEmpty {
            let own = addresses.map { ["type": "InternalIP", "address": .string($0)] as Value }
            status["addresses"] = .array(own + [["type": "Hostname", "address": .string(node.name)]])
        }
        status["daemonEndpoints"] = ["kubeletEndpoint": ["Port": 10250]]
        status["nodeInfo"] = info(node.name)
        status["conditions"] = .array(reportedConditions(node, now: now))
        result["status"] = .object(status)
        return result
    }

    /// The kubelet's own conditions come first.
    private static func reportedConditions(_ node: Value, now: Timestamp) -> [Value] {
        var all = Conditions(of: node)
        for (type, status, reason, message) in conditions {
            all.set(
                type, status, reason: reason, message: message, more: ["lastHeartbeatTime": .string(now.rfc3339)],
                now: now)
        }
        let types = conditions.map(\.type)
        return types.compactMap { all[$0] } + all.list.filter { !types.contains($0.text("type")) }
    }

    private static func info(_ name: String) -> Value {
        let id = StableIdentifier.uuid(of: "machine \(name)")
        return [
            "architecture": "amd64", "operatingSystem": "linux", "osImage": "Debian GNU/Linux 12 (bookworm)",
            "kernelVersion": "6.1.0-32-amd64", "containerRuntimeVersion": "containerd://2.1.4",
            "kubeletVersion": "v1.36.2", "kubeProxyVersion": "",
            "machineID": .string(id.filter { $0 != "-" }), "systemUUID": .string(id),
            "bootID": .string(StableIdentifier.uuid(of: "boot \(name)")),
        ]
    }

    /// Whether the report contains anything new besides the heartbeat.
    static func isNews(_ new: Value, _ old: Value) -> Bool { withoutHeartbeat(new) != withoutHeartbeat(old) }

    private static func withoutHeartbeat(_ node: Value) -> Value? {
        var status = node["status"]
        let conditions = node.items("status", "conditions").map { condition in
            var copy = condition
            copy["lastHeartbeatTime"] = nil
            return copy
        }
        status?["conditions"] = .array(conditions)
        return status
    }
}
