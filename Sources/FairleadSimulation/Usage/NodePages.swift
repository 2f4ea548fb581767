package import FairleadModel

/// The pages of a kubelet about what its node uses.
package struct NodePages: Sendable {
    /// A page: its type and its text.
    package struct Page: Sendable {
        package var type: String
        package var text: String
    }

    private static let plain = "text/plain; version=0.0.4; charset=utf-8"

    let usage: SimulatedUsage
    let now: @Sendable () -> Timestamp

    package init(usage: SimulatedUsage, now: @escaping @Sendable () -> Timestamp) {
        self.usage = usage
        self.now = now
    }

    /// nil if there is no such page, or nobody to answer.
    ///
    /// - Parameter pods: those on the node.
    package func page(_ path: String, node: Value, pods: [Value]) -> Page? {
        guard SimulationKeys.isAlive(node) else { return nil }
        switch path {
        case "/stats/summary", "/stats/summary/":
            return Page(type: "application/json", text: String(decoding: summary(node, pods).jsonBytes, as: UTF8.self))
        case "/metrics/resource": return Page(type: Self.plain, text: resources(node, pods))
        case "/metrics": return Page(type: Self.plain, text: metrics(node, pods))
        case "/metrics/probes", "/metrics/cadvisor": return Page(type: Self.plain, text: "")
        default: return nil
        }
    }

    // MARK: - /stats/summary

    private func summary(_ node: Value, _ pods: [Value]) -> Value {
        let time = Value.string(now().rfc3339)
        let capacity = node.at("status", "capacity", "memory")?.string.flatMap { Quantity($0) }?.value ?? 0
        var all = stats(usage.total(pods), since: node.creationTimestamp, time)
        all["nodeName"] = .string(node.name)
        all["startTime"] = .string(node.creationTimestamp)
        all.set(.int(max(capacity - usage.total(pods).memory, 0)), at: "memory", "availableBytes")
        all["fs"] = Self.disk(time)
        all["rlimit"] = ["time": time, "maxpid": 4_194_304, "curproc": .int(Int64(100 + pods.count))]
        return ["node": all, "pods": .array(pods.compactMap { summary(of: $0, time) })]
    }

    private func summary(of pod: Value, _ time: Value) -> Value? {
        let running = usage.running(pod)
        if running.isEmpty { return nil }
        var result = stats(running.reduce(.none) { $0 + $1.usage }, since: pod.text("status", "startTime"), time)
        result["podRef"] = [
            "name": .string(pod.name), "namespace": .string(pod.namespace), "uid": .string(pod.uid),
        ]
        result["startTime"] = .string(pod.text("status", "startTime"))
        result["containers"] = .array(
            running.map { container in
                var stats = stats(container.usage, since: container.started, time)
                stats["name"] = .string(container.name)
                stats["startTime"] = .string(container.started)
                stats["rootfs"] = Self.disk(time)
                stats["logs"] = Self.disk(time)
                return stats
            })
        result["process_stats"] = ["process_count": .int(Int64(running.count))]
        return result
    }

    private func stats(_ usage: ContainerUsage, since start: String, _ time: Value) -> Value {
        [
            "cpu": [
                "time": time, "usageNanoCores": .int(usage.nanoCores),
                "usageCoreNanoSeconds": .int(nanoseconds(usage, since: start)),
            ],
            "memory": [
                "time": time, "usageBytes": .int(usage.memory +| (1 << 20)), "workingSetBytes": .int(usage.memory),
                "rssBytes": .int(usage.memory / 2), "pageFaults": 0, "majorPageFaults": 0,
            ],
        ]
    }

    /// As if it had always used what it uses now.
    private func nanoseconds(_ usage: ContainerUsage, since start: String) -> Int64 {
        let age = Timestamp(rfc3339: start).map { max(now().since($0), 0) } ?? 0
        return Int64(min(age * Double(usage.nanoCores), 9e18))
    }

    private static func disk(_ time: Value) -> Value {
        [
            "time": time, "availableBytes": .int(80 << 30), "capacityBytes": .int(100 << 30), "usedBytes": 4096,
            "inodesFree": 6_000_000, "inodes": 6_553_600, "inodesUsed": 10,
        ]
    }

    // MARK: - metrics

    private func resources(_ node: Value, _ pods: [Value]) -> String {
        var page = MetricPage()
        let total = usage.total(pods)
        let all = pods.flatMap { pod in usage.running(pod).map { (pod, $0) } }
        page.family(
            "container_cpu_usage_seconds_total", "counter",
            "[STABLE] Cumulative cpu time consumed by the container in core-seconds")
        for (pod, container) in all {
            page.sample(labels(container, pod), Double(nanoseconds(container.usage, since: container.started)) / 1e9)
        }
        page.family(
            "container_memory_working_set_bytes", "gauge",
            "[STABLE] Current working set of the container in bytes")
        for (pod, container) in all { page.sample(labels(container, pod), Double(container.usage.memory)) }
        page.family(
            "container_start_time_seconds", "gauge",
            "[STABLE] Start time of the container since unix epoch in seconds")
        for (pod, container) in all {
            page.sample(labels(container, pod), Double(Timestamp(rfc3339: container.started)?.seconds ?? 0))
        }
        page.family(
            "node_cpu_usage_seconds_total", "counter",
            "[STABLE] Cumulative cpu time consumed by the node in core-seconds")
        page.sample([], Double(nanoseconds(total, since: node.creationTimestamp)) / 1e9)
        page.family(
            "node_memory_working_set_bytes", "gauge",
            "[STABLE] Current working set of the node in bytes")
        page.sample([], Double(total.memory))
        page.family(
            "pod_cpu_usage_seconds_total", "counter",
            "[STABLE] Cumulative cpu time consumed by the pod in core-seconds")
        for pod in pods {
            let sum = usage.running(pod).reduce(ContainerUsage.none) { $0 + $1.usage }
            if sum == .none { continue }
            page.sample(Self.labels(pod), Double(nanoseconds(sum, since: pod.text("status", "startTime"))) / 1e9)
        }
        page.family(
            "pod_memory_working_set_bytes", "gauge",
            "[STABLE] Current working set of the pod in bytes")
        for pod in pods {
            let sum = usage.running(pod).reduce(ContainerUsage.none) { $0 + $1.usage }
            if sum != .none { page.sample(Self.labels(pod), Double(sum.memory)) }
        }
        page.family(
            "resource_scrape_error", "gauge",
            "[STABLE] 1 if there was an error while getting container metrics, 0 otherwise")
        page.sample([], 0)
        return page.text
    }

    private func metrics(_ node: Value, _ pods: [Value]) -> String {
        var page = MetricPage()
        let running = pods.map { usage.running($0).count }
        page.family("kubelet_node_name", "gauge", "[ALPHA] The node's name. The count is always 1.")
        page.sample([("node", node.name)], 1)
        page.family("kubelet_running_containers", "gauge", "[ALPHA] Number of containers currently running")
        page.sample([("container_state", "running")], Double(running.reduce(0, +)))
        page.family("kubelet_running_pods", "gauge", "[ALPHA] Number of pods that have a running pod sandbox")
        page.sample([], Double(running.count { $0 > 0 }))
        return page.text
    }

    private func labels(_ container: SimulatedUsage.Running, _ pod: Value) -> [(String, String)] {
        [("container", container.name)] + Self.labels(pod)
    }

    private static func labels(_ pod: Value) -> [(String, String)] {
        [("namespace", pod.namespace), ("pod", pod.name)]
    }
}

/// A page in Prometheus' text format.
private struct MetricPage {
    var text = ""
    private var name = ""

    mutating func family(_ name: String, _ type: String, _ help: String) {
        self.name = name
        text += "# HELP \(name) \(help)\n# TYPE \(name) \(type)\n"
    }

    mutating func sample(_ labels: [(String, String)], _ value: Double) {
        let list = labels.map { "\($0.0)=\"\($0.1)\"" }.joined(separator: ",")
        text += "\(name)\(list.isEmpty ? "" : "{\(list)}") \(value.goJSON)\n"
    }
}
