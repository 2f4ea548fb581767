import FairleadModel
import FairleadPrograms

extension ContainerMachine {
    /// Starts a run, if what it needs is there.
    func start(_ old: Value, restarts: Int64, _ memory: inout PodMemory, _ step: inout PodStep) -> Value {
        if let runtime {
            do throws(ContainerFault) {
                var start = runtimeStart(restarts)
                if runtime.state(of: start) == nil { start.pod = located() }
                if try runtime.start(start) == .starting {
                    // It tells when its hook is done; until then, the container does not run.
                    return old
                }
            } catch {
                return refused(old, error, &memory, &step)
            }
        }
        recordPulled(&step)
        record(&step, "Created", "Container created")
        let reference = PulledImage(image)
        let running: Value = [
            "name": .string(name), "image": .string(reference.canonical), "imageID": .string(reference.digest),
            "containerID": .string(containerID(restarts)), "ready": false,
            "started": .bool(spec["startupProbe"] == nil),
            "restartCount": .int(Int64(Int32(clamping: restarts))),
            "state": ["running": ["startedAt": .string(now.rfc3339)]],
            "lastState": Self.lastState(of: old),
        ]
        if case .ended(let end)? = runtime?.state(of: runtimeStart(restarts)), end.isStartFailure {
            return failedStart(withResources(running), end, &memory, &step)
        }
        record(&step, "Started", "Container started")
        // A container without probes is ready in the same step.
        return run(withResources(running), &memory, &step)
    }

    /// How the run before has ended.
    private static func lastState(of old: Value) -> Value {
        old.at("state", "terminated") != nil ? old["state"] ?? .null : old["lastState"] ?? .object(Object())
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

    func run(_ status: Value, _ memory: inout PodMemory, _ step: inout PodStep) -> Value {
        let restarts = Self.restarts(of: status)
        let stage = "\(name) running \(restarts)"
        let startedAt = Timestamp(rfc3339: status.text("state", "running", "startedAt"))
        // A start seen by this process is timed exactly; an earlier one by the time in the status.
        let running = startedAt.map { now.duration(since: $0) } ?? .zero
        // Only where something depends on it: nothing needs to be remembered of the others.
        func elapsed() -> Duration {
            memory.elapsed(stage, before: running < .seconds(2) ? .zero : running, moment: moment)
        }
        if let exit, Wildcard.matches(exit.container, name) {
            step.look(after: .zero)
            runtime?.kill(name, restart: restarts, of: pod.uid)
            return exited(status, code: exit.code, reason: exit.reason, message: exit.message ?? "")
        }
        if let end = observed(restarts, &step) {
            step.look(after: .zero)
            return exited(status, end)
        }
        if PulledImage(image).canonical != status.text("image") {
            record(&step, "Killing", "Container \(name) definition changed, will be restarted")
            return start(exited(status, code: 0), restarts: restarts +| 1, &memory, &step)
        }
        var result = status
        if mayResize, result["resources"] != Self.resources(of: spec) {
            if let present = result["resources"], resizeRestarts(present) {
                record(&step, "Killing", "Container \(name) resize requires restart")
                return start(exited(status, code: 0), restarts: restarts +| 1, &memory, &step)
            }
            result = withResources(result)
        }
        if let (lifetime, code) = lifetime(&memory, &step) {
            let elapsed = elapsed()
            if elapsed >= lifetime {
                step.look(after: .zero)
                runtime?.kill(name, restart: restarts, of: pod.uid)
                return exited(result, code: code)
            }
            step.look(after: lifetime - elapsed)
        }
        let hasProbes = ProbeKind.allCases.contains { spec[$0.field] != nil }
        let (isStarted, canBeReady) = hasProbes ? probed(result, elapsed(), restarts, &step) : (true, true)
        var isReady = isStarted && canBeReady
        if let wait = runtime?.images.readyAfter(image: image, container: name) {
            let rest = wait - elapsed()
            if rest > .zero {
                isReady = false
                step.look(after: rest)
            }
        }
        if let heldReadiness, !isInit { isReady = isStarted && heldReadiness }
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

    /// How the run has ended, if it has. One that this process knows nothing of is started again, quietly.
    private func observed(_ restarts: Int64, _ step: inout PodStep) -> RunEnd? {
        guard let runtime else { return nil }
        var start = runtimeStart(restarts)
        var state = runtime.state(of: start)
        if state == nil {
            start.pod = located()
            start.isResumed = true
            do throws(ContainerFault) {
                state = try runtime.start(start)
            } catch {
                // What it needs is not there now; the container is said to run meanwhile.
                step.look(after: delays.imageFailure)
            }
        }
        if case .ended(let end)? = state { return end }
        return nil
    }

    /// Whether the container has started, and whether its probes find it ready.
    private func probed(
        _ status: Value, _ elapsed: Duration, _ restarts: Int64, _ step: inout PodStep
    ) -> (isStarted: Bool, isReady: Bool) {
        guard let runtime else {
            let startup = spec["startupProbe"].map { delay(of: $0) } ?? .zero
            let readiness = startup + (spec["readinessProbe"].map { delay(of: $0) } ?? .zero)
            if elapsed < readiness { step.look(after: (elapsed < startup ? startup : readiness) - elapsed) }
            return (elapsed >= startup, elapsed >= readiness)
        }
        let start = runtimeStart(restarts)
        let view = runtime.probes(start, elapsed: elapsed, status: status, isTerminating: false)
        if let next = view.next { step.look(after: next) }
        if let failed = view.failed {
            if runtime.stop(start, grace: grace(of: failed)) {
                let kind = failed == .startup ? "startup" : "liveness"
                record(&step, "Killing", "Container \(name) failed \(kind) probe, will be restarted")
            }
            return (view.isStarted, false)
        }
        return (view.isStarted, view.isReady)
    }

    /// How long a container that is unwell has to end.
    private func grace(of probe: ProbeKind) -> Duration {
        let own = spec.at(probe.field, "terminationGracePeriodSeconds")?.int
        return .seconds(saturating: Double(max(0, own ?? PodView(pod).terminationGracePeriodSeconds)))
    }

    private func delay(of probe: Value) -> Duration {
        .seconds(saturating: Double(probe["initialDelaySeconds"]?.int ?? 0)) + delays.probe
    }

    /// How long the container runs, and its exit code; nil if it runs until it is stopped, or its program ends.
    private func lifetime(_ memory: inout PodMemory, _ step: inout PodStep) -> (time: Duration, code: Int64)? {
        let isIdle = runtime?.isIdle(name, of: pod.uid) ?? true
        if isInit { return isSidecar || !isIdle ? nil : (delays.initRun, 0) }
        if isEphemeral { return nil }
        let code = annotation(SimulationKeys.exitCode, "a number from 0 to 255", &memory, &step) { text -> Int64? in
            Int64(text).flatMap { (0...255).contains($0) ? $0 : nil }
        }
        let after = annotation(SimulationKeys.exitAfter, "a number of seconds", &memory, &step) { text -> Duration? in
            Double(text).flatMap { $0.isFinite && $0 >= 0 ? .seconds(saturating: $0) : nil }
        }
        if let after { return (after, code ?? 0) }
        guard isIdle, runtime?.isKnown(name, of: pod.uid) != true else { return nil }
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
}
