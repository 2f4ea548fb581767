import FairleadContainers
import FairleadModel
import FairleadPrograms

/// What the probes of a running container say now.
struct ProbeView: Hashable, Sendable {
    var isStarted = true
    var isReady = true
    /// The probe because of which the container must be restarted.
    var failed: ProbeKind?
    /// When the next answer is due, from now; nil if nothing will change by itself.
    var next: Duration?
}

extension ContainerRuntime {
    /// Asks the probes of a running container that are due, and says what is known.
    ///
    /// - Parameters:
    ///   - elapsed: how long the container has been running.
    ///   - status: its status, which counts for one that was running before this process did.
    func probes(_ start: Start, elapsed: Duration, status: Value, isTerminating: Bool) -> ProbeView {
        var view = ProbeView()
        guard let sandbox = sandbox(start.pod.uid) else { return view }
        let moment = clock.now
        let beginning = moment - elapsed
        let isResumed = sandbox.entry(start.container)?.isResumed == true
        var isHeld = false
        for kind in ProbeKind.allCases {
            guard let probe = start.spec[kind.field], !probe.isNull else { continue }
            // After the end has begun, a failure changes nothing any more.
            if isTerminating, kind != .readiness { continue }
            let timing = ProbeTiming(probe)
            let key = ProbeKey(container: start.container, kind: kind)
            let wasGood = isResumed && status.flag(kind == .readiness ? "ready" : "started")
            let (state, mustAsk) = sandbox.state.withLock { state -> (ProbeState, Bool) in
                var present =
                    state.probes[key].flatMap { $0.restart == start.restart ? $0 : nil }
                    ?? ProbeState(
                        restart: start.restart,
                        // A little later, so that a server is there that has just been started.
                        next: max(moment, beginning + timing.initialDelay + settings.delays.probe),
                        outcome: kind == .liveness || wasGood ? .success : .unknown)
                if kind == .startup, present.outcome == .success { present.next = nil }
                let isDue = !isHeld && !present.isAsking && present.next.map { $0 <= moment } == true
                if isDue {
                    present.isAsking = true
                    present.next = moment + timing.period
                }
                state.probes[key] = present
                return (present, isDue)
            }
            var outcome = state.outcome
            var next = state.next
            if mustAsk { (outcome, next) = ask(probe, kind, timing, start, sandbox, elapsed) }
            switch kind {
            case .startup:
                view.isStarted = outcome == .success
                if outcome == .failure { view.failed = .startup }
                // The others wait for it.
                if outcome != .success { isHeld = true }
            case .liveness: if outcome == .failure { view.failed = .liveness }
            case .readiness: view.isReady = outcome == .success
            }
            // Of an answer that is overdue, its arrival will tell.
            if let next, next > moment, !isHeld || kind == .startup {
                view.next = min(view.next ?? (next - moment), next - moment)
            }
        }
        view.isReady = view.isReady && view.isStarted
        return view
    }

    /// Begins to ask; the answer is there at once if the container is idle and the question is a plain one.
    private func ask(
        _ probe: Value, _ kind: ProbeKind, _ timing: ProbeTiming, _ start: Start, _ sandbox: PodSandbox,
        _ elapsed: Duration
    ) -> (ProbeState.Outcome, Duration?) {
        let key = ProbeKey(container: start.container, kind: kind)
        let call = HandlerCall(
            runtime: self, pod: start.pod, spec: start.spec, sandbox: sandbox,
            run: sandbox.entry(start.container)?.run)
        if isPlain(probe, start, sandbox, call) {
            // As long as a real one takes, and never again: an idle container does not change.
            let first = timing.initialDelay + settings.delays.probe
            let isOver = elapsed >= first
            return sandbox.state.withLock { state in
                state.probes[key]?.isAsking = false
                if isOver { for _ in 0..<min(timing.successes, 100) { state.probes[key]?.note(true, timing) } }
                state.probes[key]?.next = isOver ? nil : clock.now + (first - elapsed)
                return (state.probes[key]?.outcome ?? .unknown, state.probes[key]?.next)
            }
        }
        tasks.start { [self] in
            var call = call
            if probe["exec"] != nil, call.run == nil {
                call = HandlerCall(
                    runtime: self, pod: start.pod, spec: start.spec, sandbox: sandbox,
                    run: materialize(start, sandbox))
            }
            let answer = await call.probe(probe, within: timing.timeout)
            note(answer, kind, timing, start, sandbox)
        }
        return sandbox.state.withLock { ($0.probes[key]?.outcome ?? .unknown, $0.probes[key]?.next) }
    }

    /// Whether the answer to a question is known: an idle container answers on the ports that it has.
    private func isPlain(_ probe: Value, _ start: Start, _ sandbox: PodSandbox, _ call: HandlerCall) -> Bool {
        guard let entry = sandbox.entry(start.container), entry.idle != nil else { return false }
        if KubeDNS.isPod(start.pod) { return true }
        if probe["exec"] != nil { return !entry.isKnown }
        guard let handler = probe["httpGet"] ?? probe["tcpSocket"] ?? probe["grpc"] else { return true }
        guard handler.text("host").isEmpty, let port = call.port(handler["port"]) else { return false }
        let containers = sandbox.state.withLock { $0.entries.values.compactMap(\.idle) }
        return containers.contains { $0.ports.contains { $0.number == port && !$0.isUDP } }
    }

    private func note(
        _ answer: ProbeAnswer, _ kind: ProbeKind, _ timing: ProbeTiming, _ start: Start, _ sandbox: PodSandbox
    ) {
        let key = ProbeKey(container: start.container, kind: kind)
        let (isCurrent, isNews) = sandbox.state.withLock { state -> (Bool, Bool) in
            guard var present = state.probes[key], present.restart == start.restart else { return (false, false) }
            let before = present.outcome
            var isSuccess = false
            if case .success = answer { isSuccess = true }
            present.note(isSuccess, timing)
            state.probes[key] = present
            if kind == .startup, before != .success, present.outcome == .success {
                // Readiness is asked at once.
                let readiness = ProbeKey(container: start.container, kind: .readiness)
                state.probes[readiness]?.next = clock.now
            }
            let isDue = state.probes[key]?.next.map { $0 <= clock.now } == true
            return (true, isDue || before != present.outcome)
        }
        guard isCurrent else { return }
        switch answer {
        case .failure(let why):
            record(start.pod, start.spec, "Unhealthy", "\(kind.rawValue) probe failed: \(why)", type: "Warning")
        case .success(let warning?):
            record(start.pod, start.spec, "ProbeWarning", "\(kind.rawValue) probe warning: \(warning)", type: "Warning")
        case .success: break
        }
        if isNews { notify(sandbox.identity) }
    }
}
