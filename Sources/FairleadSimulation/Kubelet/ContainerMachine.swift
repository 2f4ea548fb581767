import FairleadClient
import FairleadModel

/// The life of one container: waiting → running → ready, with failing image pulls, exits and restarts.
///
/// The state is in the pod's status (ContainerStatus); `PodMemory` only holds its timing, and the runtime what runs.
struct ContainerMachine {
    let spec: Value
    let pod: Value
    let isInit: Bool
    /// Whether this is a container for debugging, which is never restarted and never ready.
    var isEphemeral = false
    /// Whether a running container may get the resources that its spec asks for.
    var mayResize = true
    /// The end that a stage has for runs of containers, at the moment when the pod comes to it.
    var exit: Stage.Exit?
    /// Whether the stage of the pod says that its containers are ready, or not; nil for what probes find.
    var heldReadiness: Bool?
    let delays: StageDelays
    /// The wall clock, for times that are shown.
    let now: Timestamp
    /// The same moment on a monotonic clock, for delays.
    let moment: Duration
    /// What runs containers; nil if all of them are idle.
    var runtime: ContainerRuntime?
    /// The pod with its addresses in the status, for its containers.
    var located: @Sendable () -> Value = { .null }

    var name: String { spec.text("name") }
    /// The list of the pod's spec that the container is in.
    var list: String { isInit ? "initContainers" : isEphemeral ? "ephemeralContainers" : "containers" }
    var image: String { spec.text("image") }
    /// Whether this is an init container that keeps running.
    var isSidecar: Bool { isInit && spec.text("restartPolicy") == "Always" }

    static func state(of status: Value?) -> String {
        guard let state = status?["state"] else { return "new" }
        for kind in ["running", "terminated", "waiting"] where state[kind] != nil { return kind }
        return "new"
    }

    static func exitCode(of status: Value?) -> Int64? { status?.at("state", "terminated", "exitCode")?.int }

    /// The status of a container that has not started.
    func waiting(_ reason: String, message: String? = nil, old: Value? = nil) -> Value {
        var waiting: Object = ["reason": .string(reason)]
        if let message { waiting["message"] = .string(message) }
        return [
            "name": .string(name), "image": .string(image), "imageID": .string(old?.text("imageID") ?? ""),
            "ready": false,
            "started": false, "restartCount": .int(old.map(Self.restarts) ?? 0),
            "state": ["waiting": .object(waiting)], "lastState": old?["lastState"] ?? .object(Object()),
        ]
    }

    /// One step. `status` is nil before the container has a status.
    func advance(_ status: Value?, _ memory: inout PodMemory, _ step: inout PodStep) -> Value {
        guard let status else { return begin(&memory, &step) }
        switch Self.state(of: status) {
        case "running": return run(status, &memory, &step)
        case "terminated":
            if isInit, !isSidecar, Self.exitCode(of: status) == 0 { return status }
            return ended(status, &memory, &step)
        default: return wait(status, &memory, &step)
        }
    }

    // MARK: - waiting

    private func begin(_ memory: inout PodMemory, _ step: inout PodStep) -> Value {
        let reason = isInit ? "PodInitializing" : "ContainerCreating"
        enter(reason, &memory)
        announcePull(&memory, &step)
        step.look(after: delays.pull)
        return waiting(reason)
    }

    /// Starts the timing of a stage.
    func enter(_ reason: String, _ memory: inout PodMemory) {
        _ = memory.elapsed("\(name) \(reason)", moment: moment)
    }

    private func wait(_ status: Value, _ memory: inout PodMemory, _ step: inout PodStep) -> Value {
        let reason = status.at("state", "waiting", "reason")?.string ?? ""
        let stage = "\(name) \(reason)"
        let next = nextRun(status)
        // Its hook is at work, or this is an older status.
        if runtime?.state(of: runtimeStart(next)) != nil { return start(status, restarts: next, &memory, &step) }
        let elapsed = memory.elapsed(stage, moment: moment)
        let failures = memory.failedPulls[name] ?? 0
        let patience: Duration
        switch reason {
        case "ErrImagePull", "RunContainerError": patience = delays.imageFailure
        case "ImagePullBackOff": patience = pullFailure != nil ? backOff(failures) : .zero
        case "CrashLoopBackOff": patience = crashDelay(Self.restarts(of: status), memory)
        case "CreateContainerConfigError": patience = delays.imageFailure
        default: patience = delays.pull
        }
        if reason == "ContainerCreating" || reason == "PodInitializing" { announcePull(&memory, &step) }
        if elapsed < patience {
            step.look(after: patience - elapsed)
            return status
        }
        memory.leave(stage)
        if reason == "CrashLoopBackOff" { return start(status, restarts: next, &memory, &step) }
        if reason == "RunContainerError", crashDelay(Self.restarts(of: status), memory) > .zero {
            return crashed(status, &memory, &step)
        }
        if let failed = failImage(status, reason, failures, &memory, &step) { return failed }
        return start(status, restarts: next, &memory, &step)
    }

    func backOff(_ times: Int64) -> Duration {
        Backoff(first: delays.backOff, maximum: delays.backOffLimit).delay(afterFailures: Int(clamping: times -| 1))
    }

    /// How long to wait before the restart that follows so many others: the first one comes at once.
    func crashDelay(_ restarts: Int64, _ memory: PodMemory) -> Duration {
        let recent = restarts -| (memory.calmAfter[name] ?? 0)
        return recent <= 0 ? .zero : backOff(recent)
    }

    /// The restart count in the status, sanitized: anybody may have written it.
    static func restarts(of status: Value) -> Int64 {
        Int64(Int32(clamping: max(0, status["restartCount"]?.int ?? 0)))
    }

    /// The number of the next run: the restart count says how many there were before the present or the last one.
    func nextRun(_ status: Value) -> Int64 {
        let restarts = Self.restarts(of: status)
        let reason = status.at("state", "waiting", "reason")?.string
        let hasRun =
            status.at("state", "terminated") != nil || reason == "CrashLoopBackOff" || reason == "RunContainerError"
            || status.at("lastState", "terminated", "containerID")?.string.map { $0 == containerID(restarts) } ?? false
        return hasRun ? restarts +| 1 : restarts
    }

    func containerID(_ restarts: Int64) -> String {
        "containerd://" + StableIdentifier.hex(of: "\(pod.uid)/\(name)/\(restarts)", count: 64)
    }

    func runtimeStart(_ restarts: Int64) -> ContainerRuntime.Start {
        ContainerRuntime.Start(pod: pod, spec: spec, restart: restarts)
    }

    func record(_ step: inout PodStep, _ reason: String, _ message: String, type: String = "Normal") {
        step.events.append(
            KubeletEvent(type: type, reason: reason, message: message, container: name, list: list))
    }
}
