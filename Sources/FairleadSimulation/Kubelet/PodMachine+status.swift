import FairleadModel

extension PodMachine {
    /// The pod's status, derived from those of its containers. Fields owned by other writers (qosClass, conditions of
    /// readiness gates) are kept.
    ///
    /// - Parameter failure: why the kubelet has put an end to the pod, if it has.
    func assemble(
        _ view: PodView, initStatuses: [Value], statuses: [Value], isInitialized: Bool,
        failure: (reason: String, message: String)? = nil
    ) -> Value {
        var status = pod["status"]?.object ?? Object()
        let phase =
            failure == nil
            ? phase(statuses, isInitialized: isInitialized, initStatuses: initStatuses) : "Failed"
        status["phase"] = .string(phase)
        if let failure {
            status["reason"] = .string(failure.reason)
            status["message"] = .string(failure.message)
        }
        status["observedGeneration"] = pod.generation == 0 ? nil : .int(pod.generation)
        status["startTime"] = status["startTime"] ?? .string(now.rfc3339)
        status["hostIP"] = .string(hostIPs.first ?? "")
        status["hostIPs"] = .array(hostIPs.map { ["ip": .string($0)] })
        let hasSandbox = (initStatuses + statuses).contains { $0.text("containerID") != "" } || phase == "Running"
        if hasSandbox || view.hostNetwork, status["podIP"] == nil, let first = podIPs.first {
            status["podIP"] = .string(first)
            status["podIPs"] = .array(podIPs.map { ["ip": .string($0)] })
        }
        status["initContainerStatuses"] = initStatuses.isEmpty ? nil : .array(initStatuses)
        status["containerStatuses"] = .array(statuses)
        status["conditions"] = .array(
            conditions(
                view, initStatuses: initStatuses, statuses: statuses, isInitialized: isInitialized,
                hasSandbox: hasSandbox, phase: phase))
        return .object(status)
    }

    private func phase(_ statuses: [Value], isInitialized: Bool, initStatuses: [Value]) -> String {
        guard isInitialized else { return "Pending" }
        let states = statuses.map { ContainerMachine.state(of: $0) }
        if !states.isEmpty, states.allSatisfy({ $0 == "terminated" }) {
            let policy = PodView(pod).restartPolicy
            let hasFailed = statuses.contains { ContainerMachine.exitCode(of: $0) != 0 }
            let isFinal = staysEnded(policy, hasFailed: hasFailed)
            return isFinal ? (hasFailed ? "Failed" : "Succeeded") : "Running"
        }
        if states.contains("running") || states.contains("terminated") { return "Running" }
        let hasRun = statuses.contains { $0.at("lastState", "terminated") != nil }
        return hasRun ? "Running" : "Pending"
    }

    /// Whether containers that have all exited will not be restarted.
    private func staysEnded(_ policy: String, hasFailed: Bool) -> Bool {
        pod.deletionTimestamp != nil || policy == "Never" || (policy == "OnFailure" && !hasFailed)
    }

    private func conditions(
        _ view: PodView, initStatuses: [Value], statuses: [Value], isInitialized: Bool, hasSandbox: Bool, phase: String
    ) -> [Value] {
        let isFinished = phase == "Succeeded" || phase == "Failed"
        let sidecars = zip(view.initContainers, initStatuses).filter { $0.0.text("restartPolicy") == "Always" }.map(\.1)
        let unready = (sidecars + statuses).filter { !$0.flag("ready") }.map { $0.text("name") }
        let uninitialized = zip(view.initContainers, initStatuses).filter { spec, status in
            spec.text("restartPolicy") == "Always"
                ? !status.flag("started") : ContainerMachine.exitCode(of: status) != 0
        }.map { $0.1.text("name") }
        let gates = view.readinessGates.filter { view.conditionStatus($0) != "True" }

        var conditions = Conditions(of: pod)
        put(&conditions, "PodReadyToStartContainers", hasSandbox && !isFinished)
        if isInitialized {
            put(&conditions, "Initialized", true, reason: isFinished ? "PodCompleted" : nil)
        } else {
            put(
                &conditions, "Initialized", false, reason: "ContainersNotInitialized",
                message: "containers with incomplete status: [\(uninitialized.joined(separator: " "))]")
        }
        if isFinished {
            let reason = phase == "Succeeded" ? "PodCompleted" : "PodFailed"
            put(&conditions, "Ready", false, reason: reason)
            put(&conditions, "ContainersReady", false, reason: reason)
        } else if unready.isEmpty {
            let missing = gates.map { "corresponding condition of pod readiness gate \($0.goQuoted) does not exist." }
            put(
                &conditions, "Ready", gates.isEmpty, reason: gates.isEmpty ? nil : "ReadinessGatesNotReady",
                message: gates.isEmpty ? nil : missing.joined(separator: ", "))
            put(&conditions, "ContainersReady", true)
        } else {
            let message = "containers with unready status: [\(unready.joined(separator: " "))]"
            put(&conditions, "Ready", false, reason: "ContainersNotReady", message: message)
            put(&conditions, "ContainersReady", false, reason: "ContainersNotReady", message: message)
        }
        put(&conditions, "PodScheduled", true)
        switch resize {
        case .granted: conditions.remove("PodResizePending")
        case .infeasible(let message):
            put(&conditions, "PodResizePending", true, reason: "Infeasible", message: message)
        case .deferred(let message):
            put(&conditions, "PodResizePending", true, reason: "Deferred", message: message)
        }
        return Self.ordered(conditions)
    }

    private func put(
        _ conditions: inout Conditions, _ type: String, _ isTrue: Bool, reason: String? = nil, message: String? = nil
    ) {
        var more: Object = ["lastProbeTime": .null]
        if pod.generation != 0 { more["observedGeneration"] = .int(pod.generation) }
        conditions.set(type, isTrue, reason: reason, message: message, more: more, now: now)
    }

    /// The kubelet's order; other conditions come last.
    private static func ordered(_ conditions: Conditions) -> [Value] {
        let order = ["PodReadyToStartContainers", "Initialized", "Ready", "ContainersReady", "PodScheduled"]
        return order.compactMap { conditions[$0] } + conditions.list.filter { !order.contains($0.text("type")) }
    }
}
