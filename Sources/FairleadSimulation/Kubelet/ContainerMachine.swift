import FairleadClient
import FairleadModel

/// The life of one container: waiting → running → ready, with failing image pulls, exits and restarts.
///
/// The state is in the pod's status (ContainerStatus); `PodMemory` only holds its timing.
struct ContainerMachine {
    let spec: Value
    let pod: Value
    let isInit: Bool
    /// Whether this is a container for debugging, which is never restarted and never ready.
    var isEphemeral = false
    /// Whether a running container may get the resources that its spec asks for.
    var mayResize = true
    let delays: StageDelays
    /// The wall clock, for times that are shown.
    let now: Timestamp
    /// The same moment on a monotonic clock, for delays.
    let moment: Duration

    var name: String { spec.text("name") }
    /// The list of the pod's spec that the container is in.
    var list: String { isInit ? "initContainers" : isEphemeral ? "ephemeralContainers" : "containers" }
    private var image: String { spec.text("image") }
    /// Whether this is an init container that keeps running.
    var isSidecar: Bool { isInit && spec.text("restartPolicy") == "Always" }

    static func state(of status: Value?) -> String {
        guard let state = status?["state"] else { return "new" }
        for kind in ["running", "terminated", "waiting"] where state[kind] != nil { return kind }
        return "new"
    }

    static func exitCode(of status: Value?) -> Int64? { status?.at("state", "terminated", "exitCode")?.int }

    /// Images with such a name cannot be pulled.
    private var isImageMissing: Bool { image.contains("does-not-exist") }

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
        case "terminated": return isInit && !isSidecar ? status : ended(status, &memory, &step)
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
    private func enter(_ reason: String, _ memory: inout PodMemory) {
        _ = memory.elapsed("\(name) \(reason)", moment: moment)
    }

    /// Pulling an image that is already on the machine is not announced.
    private func announcePull(_ memory: inout PodMemory, _ step: inout PodStep) {
        guard isImageMissing || spec.text("imagePullPolicy") == "Always" else { return }
        if memory.told.insert("pulling \(name)").inserted {
            record(&step, "Pulling", "Pulling image \(image.goQuoted)")
        }
    }

    private func wait(_ status: Value, _ memory: inout PodMemory, _ step: inout PodStep) -> Value {
        let reason = status.at("state", "waiting", "reason")?.string ?? ""
        let stage = "\(name) \(reason)"
        let elapsed = memory.elapsed(stage, moment: moment)
        let failures = memory.failedPulls[name] ?? 0
        let patience: Duration
        switch reason {
        case "ErrImagePull": patience = delays.imageFailure
        case "ImagePullBackOff": patience = isImageMissing ? backOff(failures) : .zero
        case "CrashLoopBackOff": patience = backOff(Self.restarts(of: status) +| 1)
        default: patience = delays.pull
        }
        if reason == "ContainerCreating" || reason == "PodInitializing" { announcePull(&memory, &step) }
        if elapsed < patience {
            step.look(after: patience - elapsed)
            return status
        }
        memory.leave(stage)
        if reason == "CrashLoopBackOff" {
            return start(status, restarts: Self.restarts(of: status) +| 1, &memory, &step)
        }
        guard isImageMissing else {
            return start(status, restarts: Self.restarts(of: status), &memory, &step)
        }
        return failPull(status, reason, failures, &memory, &step)
    }

    private func failPull(
        _ status: Value, _ reason: String, _ failures: Int64, _ memory: inout PodMemory, _ step: inout PodStep
    ) -> Value {
        let reference = ImageReference(image)
        let cause =
            "failed to pull and unpack image \(reference.canonical.goQuoted): failed to resolve reference"
            + " \(reference.canonical.goQuoted): \(reference.canonical): not found"
        if reason == "ErrImagePull" {
            let message = "Back-off pulling image \(image.goQuoted)"
            record(&step, "BackOff", message)
            record(&step, "Failed", "Error: ImagePullBackOff", type: "Warning")
            enter("ImagePullBackOff", &memory)
            step.look(after: backOff(failures))
            let error = "rpc error: code = NotFound desc = \(cause)"
            return waiting("ImagePullBackOff", message: "\(message): ErrImagePull: \(error)", old: status)
        }
        if reason == "ImagePullBackOff" { record(&step, "Pulling", "Pulling image \(image.goQuoted)") }
        memory.failedPulls[name] = failures +| 1
        let error = "rpc error: code = NotFound desc = \(cause)"
        record(&step, "Failed", "Failed to pull image \(image.goQuoted): \(error)", type: "Warning")
        record(&step, "Failed", "Error: ErrImagePull", type: "Warning")
        enter("ErrImagePull", &memory)
        step.look(after: delays.imageFailure)
        return waiting("ErrImagePull", message: error, old: status)
    }

    private func backOff(_ times: Int64) -> Duration {
        Backoff(first: delays.backOff, maximum: delays.backOffLimit).delay(afterFailures: Int(clamping: times -| 1))
    }

    /// The restart count in the status, sanitized: anybody may have written it.
    private static func restarts(of status: Value) -> Int64 {
        Int64(Int32(clamping: max(0, status["restartCount"]?.int ?? 0)))
    }

    // MARK: - running

    private func start(_ old: Value, restarts: Int64, _ memory: inout PodMemory, _ step: inout PodStep) -> Value {
        let reference = ImageReference(image)
        if spec.text("imagePullPolicy") == "Always" {
            record(&step, "Pulled", pulledMessage)
        } else {
            record(
                &step, "Pulled",
                "Container image \(image.goQuoted) already present on machine and can be accessed by the pod")
        }
        record(&step, "Created", "Container created")
        record(&step, "Started", "Container started")
        let id = StableIdentifier.hex(of: "\(pod.uid)/\(name)/\(restarts)", count: 64)
        let running: Value = [
            "name": .string(name), "image": .string(reference.canonical), "imageID": .string(reference.digest),
            "containerID": .string("containerd://\(id)"), "ready": false, "started": .bool(spec["startupProbe"] == nil),
            "restartCount": .int(Int64(Int32(clamping: restarts))),
            "state": ["running": ["startedAt": .string(now.rfc3339)]],
            "lastState": old["lastState"] ?? .object(Object()),
        ]
        // A container without probes is ready in the same step.
        return run(withResources(running), &memory, &step)
    }

    /// What a container is to get, as its status says it.
    static func resources(of spec: Value) -> Value {
        var resources = spec["resources"] ?? .object(Object())
        resources["claims"] = nil
        return resources
    }

    private func withResources(_ status: Value) -> Value {
        var result = status
        let resources = Self.resources(of: spec)
        result["resources"] = resources
        result["allocatedResources"] = resources["requests"]
        return result
    }

    /// Whether a change of the container's resources needs a restart, by its resize policy.
    private func resizeRestarts(_ present: Value) -> Bool {
        let wanted = Self.resources(of: spec)
        return spec.items("resizePolicy").contains { policy in
            guard policy.text("restartPolicy") == "RestartContainer" else { return false }
            let name = policy.text("resourceName")
            return ["requests", "limits"].contains { present.at($0, name) != wanted.at($0, name) }
        }
    }

    private var pulledMessage: String {
        let milliseconds = delays.pull / .milliseconds(1)
        let size = 20_000_000 + StableIdentifier.hash(image, seed: 3) % 180_000_000
        return "Successfully pulled image \(image.goQuoted) in \(milliseconds)ms (\(milliseconds)ms including waiting)."
            + " Image size: \(size) bytes."
    }

    private func run(_ status: Value, _ memory: inout PodMemory, _ step: inout PodStep) -> Value {
        let restarts = Self.restarts(of: status)
        let stage = "\(name) running \(restarts)"
        let startedAt = Timestamp(rfc3339: status.text("state", "running", "startedAt"))
        // A start seen by this process is timed exactly; an earlier one by the time in the status.
        let running = startedAt.map { now.duration(since: $0) } ?? .zero
        let elapsed = memory.elapsed(stage, before: running < .seconds(2) ? .zero : running, moment: moment)
        if ImageReference(image).canonical != status.text("image") {
            record(&step, "Killing", "Container \(name) definition changed, will be restarted")
            var old = exited(status, code: 0)
            old["lastState"] = old["state"]
            return start(old, restarts: restarts +| 1, &memory, &step)
        }
        var result = status
        if mayResize, result["resources"] != Self.resources(of: spec) {
            if let present = result["resources"], resizeRestarts(present) {
                record(&step, "Killing", "Container \(name) resize requires restart")
                var old = exited(status, code: 0)
                old["lastState"] = old["state"]
                return start(old, restarts: restarts +| 1, &memory, &step)
            }
            result = withResources(result)
        }
        if let (lifetime, code) = lifetime(&memory, &step) {
            if elapsed >= lifetime {
                step.look(after: .zero)
                return exited(result, code: code)
            }
            step.look(after: lifetime - elapsed)
        }
        let startup = spec["startupProbe"].map { delay(of: $0) } ?? .zero
        let readiness = startup + (spec["readinessProbe"].map { delay(of: $0) } ?? .zero)
        if elapsed < readiness { step.look(after: (elapsed < startup ? startup : readiness) - elapsed) }
        let isStarted = elapsed >= startup
        var isReady = isStarted && elapsed >= readiness
        if isReady, pod.annotations[SimulationKeys.ready] == "false", !isInit {
            isReady = false
            if memory.told.insert("unhealthy \(name)").inserted {
                record(
                    &step, "Unhealthy", "Readiness probe failed: HTTP probe failed with statuscode: 503",
                    type: "Warning")
            }
        } else {
            memory.told.remove("unhealthy \(name)")
        }
        result["started"] = .bool(isStarted)
        // A regular init container only counts as ready once it has succeeded.
        result["ready"] = .bool(isReady && (!isInit || isSidecar) && !isEphemeral)
        return result
    }

    private func delay(of probe: Value) -> Duration {
        .seconds(saturating: Double(probe["initialDelaySeconds"]?.int ?? 0)) + delays.probe
    }

    /// How long the container runs, and its exit code; nil if it runs until it is stopped.
    private func lifetime(_ memory: inout PodMemory, _ step: inout PodStep) -> (time: Duration, code: Int64)? {
        if isInit { return isSidecar ? nil : (delays.initRun, 0) }
        if isEphemeral { return nil }
        let code = annotation(SimulationKeys.exitCode, "a number from 0 to 255", &memory, &step) { text -> Int64? in
            Int64(text).flatMap { (0...255).contains($0) ? $0 : nil }
        }
        let after = annotation(SimulationKeys.exitAfter, "a number of seconds", &memory, &step) { text -> Duration? in
            Double(text).flatMap { $0.isFinite && $0 >= 0 ? .seconds(saturating: $0) : nil }
        }
        if let after { return (after, code ?? 0) }
        return pod.controllerRef?.kind == "Job" ? (delays.jobRun, code ?? 0) : nil
    }

    /// The value of an annotation that controls behaviour. A malformed one is reported once and ignored.
    private func annotation<Answer>(
        _ key: String, _ form: String, _ memory: inout PodMemory, _ step: inout PodStep, read: (String) -> Answer?
    ) -> Answer? {
        guard let text = pod.annotations[key] else { return nil }
        if let answer = read(text) { return answer }
        if memory.told.insert("annotation \(key)").inserted {
            let message = "annotation \(key) is ignored: \(text.goQuoted) is not \(form)"
            record(&step, "InvalidAnnotation", message, type: "Warning")
        }
        return nil
    }

    // MARK: - ending

    /// The status after the container has exited.
    func exited(_ status: Value, code: Int64) -> Value {
        var result = status
        let started = status.at("state", "running", "startedAt") ?? .string(now.rfc3339)
        let terminated: Value = [
            "exitCode": .int(code), "reason": code == 0 ? "Completed" : "Error", "startedAt": started,
            "finishedAt": .string(now.rfc3339), "containerID": status["containerID"] ?? "",
        ]
        result["state"] = ["terminated": terminated]
        result["ready"] = .bool(isInit && !isSidecar && code == 0)
        result["started"] = false
        return result
    }

    /// An exited container waits for its restart, if the restart policy asks for one.
    private func ended(_ status: Value, _ memory: inout PodMemory, _ step: inout PodStep) -> Value {
        let code = Self.exitCode(of: status) ?? 0
        let policy = isSidecar ? "Always" : isEphemeral ? "Never" : PodView(pod).restartPolicy
        guard policy == "Always" || policy.isEmpty || (policy == "OnFailure" && code != 0) else { return status }
        let delay = backOff(Self.restarts(of: status) +| 1)
        record(
            &step, "BackOff",
            "Back-off restarting failed container \(name) in pod \(pod.name)_\(pod.namespace)(\(pod.uid))",
            type: "Warning")
        enter("CrashLoopBackOff", &memory)
        step.look(after: delay)
        var old = status
        old["lastState"] = status["state"]
        var result = waiting(
            "CrashLoopBackOff",
            message: "back-off \(delay.components.seconds)s restarting failed container=\(name)"
                + " pod=\(pod.name)_\(pod.namespace)(\(pod.uid))", old: old)
        result["image"] = status["image"]
        result["containerID"] = status["containerID"]
        return result
    }

    private func record(_ step: inout PodStep, _ reason: String, _ message: String, type: String = "Normal") {
        step.events.append(
            KubeletEvent(type: type, reason: reason, message: message, container: name, list: list))
    }
}
