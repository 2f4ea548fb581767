import FairleadModel
import FairleadScheduling

/// The life of a pod on a simulated node, one step at a time. Pure: takes the pod, addresses, memory and time; returns
/// the status, events and the time of the next step.
///
/// Reference: "Pod Lifecycle"; reasons and messages are those of the v1.36 kubelet.
struct PodMachine {
    var pod: Value
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
    /// Why the node does not take the pod; nil if it does.
    var refusal: NodeAdmission.Rejection?
    /// What runs the containers; nil if all of them are idle.
    var runtime: ContainerRuntime?
    /// The stages that users have described.
    var stages = PodStages()
    /// The end that a stage has for runs of containers now.
    var exit: Stage.Exit?

    func next(_ memory: inout PodMemory) -> PodStep {
        let view = PodView(pod)
        if view.isTerminating { return terminate(view, &memory) }
        return stages.changes.isEmpty ? live(view, &memory) : staged(view, &memory)
    }

    /// The built-in life.
    func live(_ view: PodView, _ memory: inout PodMemory) -> PodStep {
        if view.isFinished { return PodStep() }
        var step = PodStep()
        if let rest = remainingTime(&memory) {
            if rest <= .zero {
                let end = Stage.End(
                    hasSucceeded: false, reason: "DeadlineExceeded",
                    message: "Pod was active on the node longer than the specified deadline")
                return finish(view, end)
            }
            step.look(after: rest)
        }
        if let networkFault {
            step.events.append(networkFault)
            return wait(view, retry: delays.backOff, step)
        }
        if runtime != nil, let rejection = PodRejection(pod, refusal: refusal) { return reject(rejection) }
        if let fault = mountFault {
            if fault.isTold(&memory, moment: moment) {
                step.events.append(KubeletEvent(type: "Warning", reason: "FailedMount", message: fault.message))
            }
            return wait(view, retry: delays.imageFailure, step)
        }
        var initStatuses = advanceInit(view, &memory, &step)
        let isInitialized = zip(view.initContainers, initStatuses).allSatisfy(Self.letsOthersGo)
        let statuses = view.containers.map { spec -> Value in
            let machine = self.machine(spec, isInit: false)
            let old = self.status(of: spec, in: "containerStatuses")
            guard isInitialized else { return machine.waiting("PodInitializing", old: old) }
            return machine.advance(old, &memory, &step)
        }
        if isInitialized, isOver(statuses) { initStatuses = withoutSidecars(view, initStatuses) }
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

    func machine(_ spec: Value, isInit: Bool) -> ContainerMachine {
        var machine = ContainerMachine(
            spec: spec, pod: pod, isInit: isInit, mayResize: resize == .granted, delays: delays, now: now,
            moment: moment)
        machine.exit = exit
        machine.heldReadiness = stages.current(of: pod)?.change.isReady
        guard let runtime else { return machine }
        machine.runtime = runtime
        machine.located = { [pod, hostIPs, podIPs] in Self.located(pod, hostIPs: hostIPs, podIPs: podIPs) }
        return machine
    }

    /// The pod with its addresses in the status, before they are written.
    private static func located(_ pod: Value, hostIPs: [String], podIPs: [String]) -> Value {
        guard pod.at("status", "podIP") == nil || pod.at("status", "hostIPs") == nil else { return pod }
        var result = pod
        result.set(.string(hostIPs.first ?? ""), at: "status", "hostIP")
        result.set(.array(hostIPs.map { ["ip": .string($0)] }), at: "status", "hostIPs")
        if let first = podIPs.first { result.set(.string(first), at: "status", "podIP") }
        result.set(.array(podIPs.map { ["ip": .string($0)] }), at: "status", "podIPs")
        return result
    }

    /// The pod can never run here.
    private func reject(_ rejection: PodRejection) -> PodStep {
        var step = PodStep()
        step.events.append(KubeletEvent(type: "Warning", reason: rejection.reason, message: rejection.message))
        var status = pod["status"]?.object ?? Object()
        status["phase"] = "Failed"
        status["reason"] = .string(rejection.reason)
        status["message"] = .string("Pod was rejected: \(rejection.message)")
        status["startTime"] = status["startTime"] ?? .string(now.rfc3339)
        step.status = .object(status)
        return step
    }

    /// Sidecars end after the last of the others.
    private func withoutSidecars(_ view: PodView, _ statuses: [Value]) -> [Value] {
        zip(view.initContainers, statuses).map { spec, status in
            guard spec.text("restartPolicy") == "Always", ContainerMachine.state(of: status) == "running" else {
                return status
            }
            return machine(spec, isInit: true).exited(status, code: 0)
        }
    }

    /// What becomes of a resize.
    var resize: PodResize { room.map { PodResize(of: pod, in: $0) } ?? .granted }

    func status(of spec: Value, in list: String) -> Value? {
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

    /// Why the volumes cannot be mounted, which comes before all that has to do with containers.
    private var mountFault: ContainerFault? {
        let statuses = pod.items("status", "initContainerStatuses") + pod.items("status", "containerStatuses")
        return Self.hasSandbox(statuses) ? nil : runtime?.mountFault(of: pod)
    }

    /// Without volumes and a network there is no sandbox, and without a sandbox no container.
    private func wait(_ view: PodView, retry: Duration, _ step: PodStep) -> PodStep {
        var step = step
        step.look(after: retry)
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

    /// Puts an end to the pod: its containers are killed.
    func finish(_ view: PodView, _ end: Stage.End) -> PodStep {
        var step = PodStep()
        if let reason = end.reason {
            step.events.append(KubeletEvent(reason: reason, message: end.message ?? ""))
        }
        func killed(_ specs: [Value], _ list: String, isInit: Bool) -> [Value] {
            specs.map { spec in
                let machine = machine(spec, isInit: isInit)
                guard let status = self.status(of: spec, in: list) else { return machine.waiting("ContainerCreating") }
                guard ContainerMachine.state(of: status) == "running" else { return status }
                step.events.append(
                    KubeletEvent(
                        reason: "Killing", message: "Stopping container \(machine.name)", container: machine.name,
                        list: machine.list))
                return machine.exited(status, code: end.hasSucceeded ? 0 : 137)
            }
        }
        let statuses = killed(view.containers, "containerStatuses", isInit: false)
        let initStatuses = killed(view.initContainers, "initContainerStatuses", isInit: true)
        step.status = assemble(
            view, initStatuses: initStatuses, statuses: statuses,
            isInitialized: zip(view.initContainers, initStatuses).allSatisfy(Self.letsOthersGo),
            end: end)
        return step
    }
}
