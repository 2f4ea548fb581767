import FairleadModel

extension PodMachine {
    func terminate(_ view: PodView, _ memory: inout PodMemory) -> PodStep {
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
        if let runtime, runtime.needsStop(pod) {
            guard runtime.stop(pod, grace: max(.zero, grace)) else {
                // It tells when it is done: this is only for the case that nobody does.
                step.look(after: max(.zero, min(grace, .seconds(3600))) + .seconds(5))
                return step
            }
        }
        // However fast a program ends, a node takes its time until the last trace of it is gone. kubectl relies on that:
        // it waits for ever for the end of a pod whose successor has the same name and is there at once.
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
        let machine = machine(spec, isInit: isInit)
        let start = machine.runtimeStart(ContainerMachine.restarts(of: status))
        if case .ended(let end)? = runtime?.state(of: start) { return machine.exited(status, end) }
        return machine.exited(status, code: 0)
    }
}
