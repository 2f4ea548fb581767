import FairleadModel

extension ContainerMachine {
    /// What a container needs is not there, or must not be.
    func refused(
        _ old: Value, _ fault: ContainerFault, _ memory: inout PodMemory, _ step: inout PodStep
    ) -> Value {
        step.look(after: delays.imageFailure)
        switch fault.kind {
        case .mount:
            // The pod waits as a whole: the event is about it.
            if fault.isTold(&memory, moment: moment) {
                step.events.append(KubeletEvent(type: "Warning", reason: "FailedMount", message: fault.message))
            }
            let reason = isInit ? "PodInitializing" : "ContainerCreating"
            enter(reason, &memory)
            return Self.state(of: old) == "waiting" ? old : waiting(reason, old: shifted(old))
        case .configuration:
            // Images are there before containers are made.
            if fault.isTold(&memory, container: name, moment: moment) {
                recordPulled(&step)
                record(&step, "Failed", "Error: \(fault.message)", type: "Warning")
            }
            enter("CreateContainerConfigError", &memory)
            return waiting("CreateContainerConfigError", message: fault.message, old: shifted(old))
        }
    }

    /// The status with its end as its last one.
    private func shifted(_ status: Value) -> Value {
        guard status.at("state", "terminated") != nil else { return status }
        var result = status
        result["lastState"] = status["state"]
        return result
    }

    /// The command could not be started: as if it had run, and ended at once.
    func failedStart(_ status: Value, _ end: RunEnd, _ memory: inout PodMemory, _ step: inout PodStep) -> Value {
        let terminated = exited(status, end)
        guard restarts(after: end.code, status) else { return terminated }
        enter("RunContainerError", &memory)
        step.look(after: delays.imageFailure)
        var result = waiting("RunContainerError", message: end.message, old: shifted(terminated))
        result["restartCount"] = status["restartCount"]
        result["containerID"] = status["containerID"]
        return result
    }

    /// The status after the container has exited.
    func exited(_ status: Value, code: Int64, reason: String? = nil, message: String = "") -> Value {
        var result = status
        let started = status.at("state", "running", "startedAt") ?? .string(now.rfc3339)
        var terminated: Object = [
            "exitCode": .int(code), "reason": .string(reason ?? (code == 0 ? "Completed" : "Error")),
            "startedAt": started, "finishedAt": .string(now.rfc3339), "containerID": status["containerID"] ?? "",
        ]
        if !message.isEmpty { terminated["message"] = .string(message) }
        result["state"] = ["terminated": .object(terminated)]
        result["ready"] = .bool(isInit && !isSidecar && code == 0)
        result["started"] = false
        return result
    }

    func exited(_ status: Value, _ end: RunEnd) -> Value {
        var result = exited(status, code: Int64(end.code), reason: end.reason, message: end.message)
        result.set(.string(end.finished.rfc3339), at: "state", "terminated", "finishedAt")
        if end.isStartFailure { result.set(.string(end.started.rfc3339), at: "state", "terminated", "startedAt") }
        return result
    }

    /// Whether a container that has ended is to run again.
    private func restarts(after code: Int32, _ status: Value) -> Bool {
        if isSidecar { return true }
        if isEphemeral { return false }
        for rule in spec.items("restartPolicyRules") where rule.text("action") == "Restart" {
            let codes = rule.at("exitCodes", "values")?.array?.compactMap(\.int) ?? []
            let isListed = codes.contains(Int64(code))
            if rule.text("exitCodes", "operator") == "NotIn" ? !isListed : isListed { return true }
        }
        let own = spec.text("restartPolicy")
        let policy = own.isEmpty ? PodView(pod).restartPolicy : own
        if isInit, code == 0 { return false }
        return policy == "Always" || policy.isEmpty || (policy == "OnFailure" && code != 0)
    }

    /// An exited container waits for its restart, if the restart policy asks for one.
    func ended(_ status: Value, _ memory: inout PodMemory, _ step: inout PodStep) -> Value {
        let code = Int32(clamping: Self.exitCode(of: status) ?? 0)
        guard restarts(after: code, status) else { return status }
        let count = Self.restarts(of: status)
        if lasted(status) >= .seconds(600) { memory.calmAfter[name] = count }
        if crashDelay(count, memory) == .zero {
            return start(status, restarts: count +| 1, &memory, &step)
        }
        return crashed(shifted(status), &memory, &step)
    }

    /// How long the run was that has ended.
    private func lasted(_ status: Value) -> Duration {
        guard let start = Timestamp(rfc3339: status.text("state", "terminated", "startedAt")), start.seconds > 0,
            let end = Timestamp(rfc3339: status.text("state", "terminated", "finishedAt"))
        else { return .zero }
        return end.duration(since: start)
    }

    /// The restart comes after a delay, which doubles each time.
    ///
    /// - Parameter old: with the end in its last state.
    func crashed(_ old: Value, _ memory: inout PodMemory, _ step: inout PodStep) -> Value {
        let delay = crashDelay(Self.restarts(of: old), memory)
        record(
            &step, "BackOff",
            "Back-off restarting failed container \(name) in pod \(pod.name)_\(pod.namespace)(\(pod.uid))",
            type: "Warning")
        enter("CrashLoopBackOff", &memory)
        step.look(after: delay)
        var result = waiting(
            "CrashLoopBackOff",
            message: "back-off \(delay.components.seconds)s restarting failed container=\(name)"
                + " pod=\(pod.name)_\(pod.namespace)(\(pod.uid))", old: old)
        result["image"] = old["image"]
        result["containerID"] = old["containerID"]
        return result
    }
}
