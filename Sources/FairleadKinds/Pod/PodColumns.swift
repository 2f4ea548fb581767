import FairleadModel

extension TablePrinter {
    static let pods = TablePrinter(
        [
            .name,
            TableColumn("Ready", "The aggregate readiness state of this pod for accepting traffic."),
            TableColumn("Status", "The aggregate status of the containers in this pod."),
            TableColumn(
                "Restarts",
                """
                The number of times the containers in this pod have been restarted and when the last container in \
                this pod has restarted.
                """),
            .age,
            TableColumn(
                "IP",
                "podIP address allocated to the pod. Routable at least within the cluster. Empty if not yet allocated.",
                wide: true),
            TableColumn(
                "Node",
                """
                NodeName indicates in which node this pod is scheduled. If empty, this pod is a candidate for \
                scheduling by the scheduler defined in schedulerName. Once this field is set, the kubelet for this \
                node becomes responsible for the lifecycle of this pod. This field should not be used to express a \
                desire for the pod to be scheduled on a specific node. \
                https://kubernetes.io/docs/concepts/scheduling-eviction/assign-pod-node/#nodename
                """, wide: true),
            TableColumn(
                "Nominated Node",
                """
                nominatedNodeName is set only when this pod preempts other pods on the node, but it cannot be \
                scheduled right away as preemption victims receive their graceful termination periods. This field \
                does not guarantee that the pod will be scheduled on this node. Scheduler may decide to place the pod \
                elsewhere if other nodes become available sooner. Scheduler may also decide to give the resources on \
                this node to a higher priority pod that is created after preemption. As a result, this field may be \
                different than PodSpec.nodeName when the pod is scheduled.
                """, wide: true),
            TableColumn(
                "Readiness Gates",
                """
                If specified, all readiness gates will be evaluated for pod readiness. A pod is ready when all its \
                containers are ready AND all conditions specified in the readiness gates have status equal to "True" \
                More info: https://git.k8s.io/enhancements/keps/sig-network/580-pod-readiness-gates
                """, wide: true),
        ],
        conditions: { subject in
            switch subject["status", "phase"]?.string {
            case "Succeeded": [completed("Succeeded", "The pod has completed successfully.")]
            case "Failed": [completed("Failed", "The pod failed.")]
            default: []
            }
        },
        cells: { subject in
            let summary = PodSummary(subject)
            return [
                subject.name, .string("\(summary.ready)/\(summary.total)"), .string(summary.reason),
                .string(summary.restartsText), subject.age,
                .string(subject["status", "podIPs"]?.array?.first?["ip"]?.string ?? "<none>"),
                subject.text("spec", "nodeName", or: "<none>"),
                subject.text("status", "nominatedNodeName", or: "<none>"), .string(summary.gates),
            ]
        })

    private static func completed(_ reason: String, _ message: String) -> Value {
        ["type": "Completed", "status": "True", "reason": .string(reason), "message": .string(message)]
    }
}

/// The contents of a pod's READY, STATUS and RESTARTS columns.
struct PodSummary {
    private(set) var reason: String
    private(set) var ready = 0
    private(set) var total: Int
    private var restarts: Int64 = 0
    private var lastRestart: Timestamp?
    private let subject: TableSubject

    init(_ subject: TableSubject) {
        self.subject = subject
        let status = subject["status"] ?? .null
        let phase = status["phase"]?.string ?? ""
        let statusReason = status["reason"]?.string ?? ""
        reason = statusReason.isEmpty ? phase : statusReason
        let gated = status["conditions"]?.array?.contains {
            $0["type"]?.string == "PodScheduled" && $0["reason"]?.string == "SchedulingGated"
        }
        if gated == true { reason = "SchedulingGated" }
        let initContainers = subject["spec", "initContainers"]?.array ?? []
        let sidecars = Set(
            initContainers.filter { $0["restartPolicy"]?.string == "Always" }.compactMap { $0["name"]?.string })
        total = (subject["spec", "containers"]?.array?.count ?? 0) + sidecars.count

        let initializing = readInitContainers(
            status["initContainerStatuses"]?.array ?? [], sidecars: sidecars, count: initContainers.count)
        if !initializing || hasCondition("Initialized") {
            readContainers(status, sidecars: sidecars)
        }
        guard subject.object.deletionTimestamp != nil else { return }
        if statusReason == "NodeLost" {
            reason = "Unknown"
        } else if phase != "Succeeded", phase != "Failed" {
            reason = "Terminating"
        }
    }

    var restartsText: String {
        guard restarts != 0, let lastRestart else { return String(restarts) }
        return "\(restarts) (\(HumanDuration.text(subject.now.since(lastRestart))) ago)"
    }

    /// How many readiness gates are satisfied.
    var gates: String {
        let gates = subject["spec", "readinessGates"]?.array ?? []
        if gates.isEmpty { return "<none>" }
        let open = gates.count { gate in hasCondition(gate["conditionType"]?.string ?? "") }
        return "\(open)/\(gates.count)"
    }

    private func hasCondition(_ type: String) -> Bool {
        let condition = subject["status", "conditions"]?.array?.first { $0["type"]?.string == type }
        return condition?["status"]?.string == "True"
    }

    /// - Returns: whether an init container is still running or has failed.
    private mutating func readInitContainers(_ statuses: [Value], sidecars: Set<String>, count: Int) -> Bool {
        for (index, status) in statuses.enumerated() {
            addRestarts(of: status)
            let isSidecar = sidecars.contains(status["name"]?.string ?? "")
            if let terminated = status.at("state", "terminated") {
                if terminated["exitCode"]?.int ?? 0 == 0 { continue }
            }
            if isSidecar, status["started"]?.bool == true {
                if status["ready"]?.bool == true { ready += 1 }
                continue
            }
            if let terminated = status.at("state", "terminated") {
                reason = "Init:" + Self.ending(of: terminated)
                return true
            }
            let waiting = status.at("state", "waiting", "reason")?.string ?? ""
            reason = waiting.isEmpty || waiting == "PodInitializing" ? "Init:\(index)/\(count)" : "Init:" + waiting
            return true
        }
        return false
    }

    private mutating func readContainers(_ status: Value, sidecars: Set<String>) {
        // Ordinary init containers are done: of them, only sidecars still count.
        restarts = 0
        lastRestart = nil
        for container in status["initContainerStatuses"]?.array ?? []
        where sidecars.contains(container["name"]?.string ?? "") {
            addRestarts(of: container)
        }
        var isRunning = false
        for container in (status["containerStatuses"]?.array ?? []).reversed() {
            addRestarts(of: container)
            let waiting = container.at("state", "waiting", "reason")?.string ?? ""
            if !waiting.isEmpty {
                reason = waiting
            } else if let terminated = container.at("state", "terminated") {
                reason = Self.ending(of: terminated)
            } else if container["ready"]?.bool == true, container.at("state", "running") != nil {
                isRunning = true
                ready += 1
            }
        }
        if reason == "Completed", isRunning { reason = hasCondition("Ready") ? "Running" : "NotReady" }
    }

    private mutating func addRestarts(of container: Value) {
        restarts = restarts +| (container["restartCount"]?.int ?? 0)
        let finished = container.at("lastState", "terminated", "finishedAt")?.string
        guard let time = finished.flatMap({ Timestamp(rfc3339: $0) }) else { return }
        lastRestart = max(lastRestart ?? time, time)
    }

    private static func ending(of terminated: Value) -> String {
        let reason = terminated["reason"]?.string ?? ""
        if !reason.isEmpty { return reason }
        let signal = terminated["signal"]?.int ?? 0
        return signal != 0 ? "Signal:\(signal)" : "ExitCode:\(terminated["exitCode"]?.int ?? 0)"
    }
}
