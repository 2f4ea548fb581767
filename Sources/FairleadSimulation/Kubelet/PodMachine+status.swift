import FairleadModel

extension PodMachine {
    /// The pod's status, derived from those of its containers. Fields owned by other writers (qosClass, conditions of
    /// readiness gates) are kept.
    ///
    /// - Parameter end: how the kubelet has put an end to the pod, if it has.
    func assemble(
        _ view: PodView, initStatuses: [Value], statuses: [Value], isInitialized: Bool,
        end: Stage.End? = nil
    ) -> Value {
        var status = pod["status"]?.object ?? Object()
        let phase = end?.phase ?? phase(statuses, isInitialized: isInitialized, initStatuses: initStatuses)
        status["phase"] = .string(phase)
        if let reason = end?.reason { status["reason"] = .string(reason) }
        if let message = end?.message { status["message"] = .string(message) }
        status["observedGeneration"] = pod.generation == 0 ? nil : .int(pod.generation)
        status["startTime"] = status["startTime"] ?? .string(now.rfc3339)
        status["hostIP"] = .string(hostIPs.first ?? "")
        status["hostIPs"] = .array(hostIPs.map { ["ip": .string($0)] })
        let hasSandbox = Self.hasSandbox(initStatuses + statuses) || phase == "Running"
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

    /// Whether the pod has its network, which comes after its volumes and before its images: a container that waits for
    /// anything but its first start shows it.
    static func hasSandbox(_ statuses: [Value]) -> Bool {
        statuses.contains { status in
            if !status.text("containerID").isEmpty { return true }
            guard let reason = status.at("state", "waiting", "reason")?.string else { return false }
            return reason != "ContainerCreating" && reason != "PodInitializing"
        }
    }

    private func phase(_ statuses: [Value], isInitialized: Bool, initStatuses: [Value]) -> String {
        guard isInitialized else { return hasFailedInit(initStatuses) ? "Failed" : "Pending" }
        let states = statuses.map { ContainerMachine.state(of: $0) }
        if !states.isEmpty, states.allSatisfy({ $0 == "terminated" }) {
            let hasFailed = statuses.contains { ContainerMachine.exitCode(of: $0) != 0 }
            return isOver(statuses) ? (hasFailed ? "Failed" : "Succeeded") : "Running"
        }
        if states.contains("running") || states.contains("terminated") { return "Running" }
        let hasRun = statuses.contains { $0.at("lastState", "terminated") != nil }
        return hasRun ? "Running" : "Pending"
    }

    /// Whether all containers have exited for good.
    func isOver(_ statuses: [Value]) -> Bool {
        guard !statuses.isEmpty, statuses.allSatisfy({ ContainerMachine.state(of: $0) == "terminated" }) else {
            return false
        }
        let hasFailed = statuses.contains { ContainerMachine.exitCode(of: $0) != 0 }
        return staysEnded(PodView(pod).restartPolicy, hasFailed: hasFailed)
    }

    /// Whether a failed init container will not be tried again.
    private func hasFailedInit(_ statuses: [Value]) -> Bool {
        let view = PodView(pod)
        guard view.restartPolicy == "Never" else { return false }
        return zip(view.initContainers, statuses).contains { spec, status in
            spec.text("restartPolicy") != "Always" && ContainerMachine.exitCode(of: status).map { $0 != 0 } == true
        }
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
        for held in heldConditions { put(&conditions, held.type, false) }
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
        if let held = heldConditions.first(where: { $0.type == type }) {
            conditions.set(type, held.status, reason: held.reason, message: held.message, more: more, now: now)
        } else {
            conditions.set(type, isTrue, reason: reason, message: message, more: more, now: now)
        }
    }

    /// The kubelet's order; other conditions come last.
    private static func ordered(_ conditions: Conditions) -> [Value] {
        let order = ["PodReadyToStartContainers", "Initialized", "Ready", "ContainersReady", "PodScheduled"]
        return order.compactMap { conditions[$0] } + conditions.list.filter { !order.contains($0.text("type")) }
    }
}
