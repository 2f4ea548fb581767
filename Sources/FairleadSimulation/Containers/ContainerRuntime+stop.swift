import FairleadContainers
import FairleadModel

extension ContainerRuntime {
    /// Whether the end of a pod takes more than the delay of idle containers.
    func needsStop(_ pod: Value) -> Bool {
        guard let sandbox = sandbox(pod.uid) else { return false }
        return sandbox.state.withLock { state in
            state.ending != .none || state.entries.values.contains { $0.idle == nil && $0.run?.hasEnded == false }
        }
            || (PodView(pod).containers + PodView(pod).restartableInitContainers).contains {
                $0.at("lifecycle", "preStop") != nil && sandbox.entry($0.text("name")) != nil
            }
    }

    /// Begins to stop the containers of a pod, if nobody has; true when all have stopped.
    ///
    /// The main containers stop at the same time, then the sidecars, the last one first; all share the grace period.
    func stop(_ pod: Value, grace patience: Duration) -> Bool {
        let sandbox = sandbox(of: pod)
        let ending = sandbox.state.withLock { state -> PodSandbox.Ending in
            defer { if state.ending == .none { state.ending = .stopping } }
            return state.ending
        }
        if ending != .none { return ending == .stopped }
        let view = PodView(pod)
        let main = view.containers + pod.items("spec", "ephemeralContainers")
        let others = view.initContainers.filter { $0.text("restartPolicy") != "Always" }
        let sidecars = Array(view.restartableInitContainers.reversed())
        let end = clock.now + patience
        tasks.start { [self] in
            await withTaskGroup(of: Void.self) { group in
                for spec in main + others {
                    group.addTask { await self.stopOne(spec, pod, sandbox, until: end, hasGrace: patience > .zero) }
                }
            }
            for spec in sidecars {
                await stopOne(spec, pod, sandbox, until: end, hasGrace: patience > .zero)
            }
            sandbox.state.withLock { $0.ending = .stopped }
            notify(sandbox.identity)
        }
        return false
    }

    /// Stops one run, so that it is restarted or not by the pod's policy; false if that is under way.
    func stop(_ start: Start, grace patience: Duration) -> Bool {
        guard let sandbox = sandbox(start.pod.uid), let entry = sandbox.entry(start.container),
            entry.restart == start.restart
        else { return false }
        guard let run = entry.run ?? materialize(start, sandbox), run.beginStop() else { return false }
        let end = clock.now + patience
        tasks.start { [self] in
            await stopOne(start.spec, start.pod, sandbox, until: end, hasGrace: patience > .zero)
            notify(sandbox.identity)
        }
        return true
    }

    /// Ends one run at once.
    func kill(_ container: String, restart: Int64, of uid: String) {
        guard let sandbox = sandbox(uid), let entry = sandbox.entry(container), entry.restart == restart else { return }
        entry.run?.kill()
        sandbox.closePorts(of: container)
    }

    private func stopOne(
        _ spec: Value, _ pod: Value, _ sandbox: PodSandbox, until end: Duration, hasGrace: Bool
    ) async {
        let name = spec.text("name")
        guard let entry = sandbox.entry(name), entry.run?.hasEnded != true else { return }
        defer { sandbox.closePorts(of: name) }
        let start = Start(pod: pod, spec: spec, restart: entry.restart)
        if hasGrace, let hook = spec.at("lifecycle", "preStop") {
            await runPreStop(hook, start, sandbox, atMost: end - clock.now)
        }
        // Whatever the hook has left, the process gets two seconds.
        let left = hasGrace ? max(.seconds(2), end - clock.now) : .zero
        guard entry.idle == nil, let run = entry.run else {
            await sleep(min(left, settings.delays.stop))
            sandbox.entry(name)?.run?.finish(entry.idle?.terminated ?? .success)
            return
        }
        run.signals.send(Self.stopSignal(spec))
        if await !run.end.wait(atMost: left, { await self.sleep($0) }) { run.kill() }
    }

    private static func stopSignal(_ spec: Value) -> ProcessSignal {
        ProcessSignal(spec.text("lifecycle", "stopSignal")) ?? .terminate
    }

    // MARK: - hooks

    /// Runs the hook after the start; the container counts as started when it has succeeded, and is killed when it has
    /// failed.
    func runPostStart(_ run: ContainerRun, _ start: Start, _ sandbox: PodSandbox) {
        guard let hook = start.spec.at("lifecycle", "postStart") else { return run.becomeRunning() }
        let call = HandlerCall(runtime: self, pod: start.pod, spec: start.spec, sandbox: sandbox, run: run)
        run.world.tasks.start { [self] in
            let answer = await call.hook(hook)
            if let problem = answer {
                record(start.pod, start.spec, "FailedPostStartHook", "PostStartHook failed", type: "Warning")
                record(
                    start.pod, start.spec, "Killing", "FailedPostStartHook: \(problem)")
                run.kill()
            } else {
                run.becomeRunning()
            }
            notify(sandbox.identity)
        }
    }

    private func runPreStop(_ hook: Value, _ start: Start, _ sandbox: PodSandbox, atMost limit: Duration) async {
        guard let run = sandbox.entry(start.container)?.run ?? materialize(start, sandbox), !run.hasEnded else {
            return
        }
        let call = HandlerCall(runtime: self, pod: start.pod, spec: start.spec, sandbox: sandbox, run: run)
        let answer = await withTaskGroup(of: String?.self) { group in
            group.addTask { await call.hook(hook) }
            group.addTask {
                await self.sleep(limit)
                return "the grace period is over"
            }
            let first = await group.next() ?? nil
            group.cancelAll()
            return first
        }
        guard answer != nil else { return }
        record(start.pod, start.spec, "FailedPreStopHook", "PreStopHook failed", type: "Warning")
    }
}
