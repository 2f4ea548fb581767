import FairleadModel

/// The life of a pod on a simulated node, one step at a time. Pure: takes the pod, addresses, memory and time; returns
/// the status, events and the time of the next step.
///
/// Reference: "Pod Lifecycle"; reasons and messages are those of the v1.36 kubelet.
struct PodMachine {
    let pod: Value
    /// The node's addresses, the primary one first.
    let hostIPs: [String]
    /// The pod's addresses, the primary one first; the host's for hostNetwork.
    let podIPs: [String]
    /// Why the pod has no addresses although it should have: the event that tells it.
    var networkFault: KubeletEvent?
    /// What a resize may take; nil if there is none to decide on.
    var room: PodResize.Room?
    let delays: StageDelays
    /// The wall clock, for times that are shown.
    let now: Timestamp
    /// The same moment on a monotonic clock, for delays: the wall clock may be set back, and a pod must not take a year
    /// to terminate.
    let moment: Duration

    func next(_ memory: inout PodMemory) -> PodStep {
        let view = PodView(pod)
        if view.isTerminating { return terminate(view, &memory) }
        if view.isFinished { return PodStep() }
        var step = PodStep()
        if let rest = remainingTime(&memory) {
            if rest <= .zero { return expire(view) }
            step.look(after: rest)
        }
        if let networkFault { return wait(view, for: networkFault, step) }
        let initStatuses = advanceInit(view, &memory, &step)
        let isInitialized = zip(view.initContainers, initStatuses).allSatisfy(Self.letsOthersGo)
        let statuses = view.containers.map { spec -> Value in
            let machine = self.machine(spec, isInit: false)
            let old = self.status(of: spec, in: "containerStatuses")
            guard isInitialized else { return machine.waiting("PodInitializing", old: old) }
            return machine.advance(old, &memory, &step)
        }
        var status = assemble(view, initStatuses: initStatuses, statuses: statuses, isInitialized: isInitialized)
        if isInitialized { status["ephemeralContainerStatuses"] = debuggers(&memory, &step) }
        if pod["status"] != status { step.status = status }
        return step
    }

    /// The statuses of the containers for debugging; nil if there are none.
    private func debuggers(_ memory: inout PodMemory, _ step: inout PodStep) -> Value? {
        let specs = pod.items("spec", "ephemeralContainers")
        if specs.isEmpty { return nil }
        return .array(
            specs.map { spec in
                var machine = self.machine(spec, isInit: false)
                machine.isEphemeral = true
                return machine.advance(self.status(of: spec, in: "ephemeralContainerStatuses"), &memory, &step)
            })
    }

    private func machine(_ spec: Value, isInit: Bool) -> ContainerMachine {
        ContainerMachine(
            spec: spec, pod: pod, isInit: isInit, mayResize: resize == .granted, delays: delays, now: now,
            moment: moment)
    }

    /// What becomes of a resize.
    var resize: PodResize { room.map { PodResize(of: pod, in: $0) } ?? .granted }

    private func status(of spec: Value, in list: String) -> Value? {
        pod.items("status", list).first { $0.text("name") == spec.text("name") }
    }

    /// Init containers run one after the other; after a sidecar, the next one starts as soon as the sidecar has
    /// started.
    private func advanceInit(_ view: PodView, _ memory: inout PodMemory, _ step: inout PodStep) -> [Value] {
        var mayStart = true
        var result: [Value] = []
        for spec in view.initContainers {
            let machine = self.machine(spec, isInit: true)
            let old = status(of: spec, in: "initContainerStatuses")
            let new = mayStart ? machine.advance(old, &memory, &step) : machine.waiting("PodInitializing", old: old)
            result.append(new)
            if !Self.letsOthersGo(spec, new) {
                mayStart = false
            } else if ContainerMachine.state(of: old) != ContainerMachine.state(of: new) {
                step.look(after: .zero)
            }
        }
        return result
    }

    private static func letsOthersGo(_ spec: Value, _ status: Value) -> Bool {
        if spec.text("restartPolicy") == "Always" { return status.flag("started") }
        return ContainerMachine.exitCode(of: status) == 0
    }

    /// Without a network there is no sandbox, and without a sandbox no container.
    private func wait(_ view: PodView, for fault: KubeletEvent, _ step: PodStep) -> PodStep {
        var step = step
        step.events.append(fault)
        step.look(after: delays.backOff)
        func waiting(_ specs: [Value], _ list: String, isInit: Bool) -> [Value] {
            specs.map { spec in
                let reason = isInit || !view.initContainers.isEmpty ? "PodInitializing" : "ContainerCreating"
                return self.status(of: spec, in: list) ?? machine(spec, isInit: isInit).waiting(reason)
            }
        }
        let status = assemble(
            view, initStatuses: waiting(view.initContainers, "initContainerStatuses", isInit: true),
            statuses: waiting(view.containers, "containerStatuses", isInit: false),
            isInitialized: view.initContainers.isEmpty)
        if pod["status"] != status { step.status = status }
        return step
    }

    // MARK: - ending

    /// How long the pod may still be active; nil if there is no limit.
    private func remainingTime(_ memory: inout PodMemory) -> Duration? {
        guard let limit = pod.at("spec", "activeDeadlineSeconds")?.int,
            let start = Timestamp(rfc3339: pod.text("status", "startTime"))
        else { return nil }
        return .seconds(saturating: Double(limit))
            - memory.elapsed("active", before: now.duration(since: start), moment: moment)
    }

    /// The pod has been active for too long: its containers are killed, and it has failed.
    private func expire(_ view: PodView) -> PodStep {
        let text = "Pod was active on the node longer than the specified deadline"
        var step = PodStep()
        step.events.append(KubeletEvent(reason: "DeadlineExceeded", message: text))
        func killed(_ specs: [Value], _ list: String, isInit: Bool) -> [Value] {
            specs.map { spec in
                let machine = machine(spec, isInit: isInit)
                guard let status = self.status(of: spec, in: list) else { return machine.waiting("ContainerCreating") }
                guard ContainerMachine.state(of: status) == "running" else { return status }
                step.events.append(
                    KubeletEvent(
                        reason: "Killing", message: "Stopping container \(machine.name)", container: machine.name,
                        list: machine.list))
                return machine.exited(status, code: 137)
            }
        }
        let statuses = killed(view.containers, "containerStatuses", isInit: false)
        let initStatuses = killed(view.initContainers, "initContainerStatuses", isInit: true)
        step.status = assemble(
            view, initStatuses: initStatuses, statuses: statuses,
            isInitialized: zip(view.initContainers, initStatuses).allSatisfy(Self.letsOthersGo),
            failure: (reason: "DeadlineExceeded", message: text))
        return step
    }

    private func terminate(_ view: PodView, _ memory: inout PodMemory) -> PodStep {
        var step = PodStep()
        let running = view.value.items("status", "containerStatuses").filter {
            ContainerMachine.state(of: $0) == "running"
        }
        let sidecars = view.value.items("status", "initContainerStatuses").filter {
            ContainerMachine.state(of: $0) == "running"
        }
        let elapsed = memory.elapsed("terminating", moment: moment)
        if memory.told.insert("killing").inserted {
            for (statuses, isInit) in [(running, false), (sidecars, true)] {
                for status in statuses {
                    let name = status.text("name")
                    step.events.append(
                        KubeletEvent(
                            reason: "Killing", message: "Stopping container \(name)", container: name,
                            list: isInit ? "initContainers" : "containers"))
                }
            }
        }
        let grace = Duration.seconds(saturating: Double(view.deletionGracePeriodSeconds ?? 30))
        let patience = running.isEmpty ? .zero : min(grace, delays.stop)
        if elapsed < patience {
            step.look(after: patience - elapsed)
            return step
        }
        step.isGone = true
        if !running.isEmpty || !sidecars.isEmpty {
            let statuses = view.containers.compactMap { spec -> Value? in
                stopped(spec, in: "containerStatuses", isInit: false)
            }
            let initStatuses = view.initContainers.compactMap { stopped($0, in: "initContainerStatuses", isInit: true) }
            step.status = assemble(
                view, initStatuses: initStatuses, statuses: statuses, isInitialized: true)
        }
        return step
    }

    private func stopped(_ spec: Value, in list: String, isInit: Bool) -> Value? {
        guard let status = self.status(of: spec, in: list) else { return nil }
        guard ContainerMachine.state(of: status) == "running" else { return status }
        return machine(spec, isInit: isInit).exited(status, code: 0)
    }
}
