import FairleadModel

extension PodMachine {
    /// What the stage of the pod says of its conditions, whatever follows from its containers.
    var heldConditions: [Stage.Condition] { stages.current(of: pod)?.change.conditions ?? [] }

    /// One step of a life with stages that users have described.
    func staged(_ view: PodView, _ memory: inout PodMemory) -> PodStep {
        let next = stages.next(for: pod, &memory.stage, moment: moment)
        if let next, next.rest <= .zero {
            memory.stage?.isOver = true
            return enter(next.stage, view, &memory)
        }
        var step = live(view, &memory)
        if let next { step.look(after: next.rest) }
        // Another status may be one for another stage.
        if step.status != nil { step.look(after: .zero) }
        return step
    }

    /// The pod comes to a stage.
    private func enter(_ stage: Stage, _ view: PodView, _ memory: inout PodMemory) -> PodStep {
        var step = PodStep()
        if !view.isFinished {
            var machine = self
            machine.pod = marked(stage)
            machine.exit = stage.change.exit
            let view = PodView(machine.pod)
            step = stage.change.end.map { machine.finish(view, $0) } ?? machine.live(view, &memory)
            step.status = step.status ?? machine.pod["status"]
            step.look(after: .zero)
        }
        if let event = stage.change.event {
            step.events.append(KubeletEvent(type: event.type, reason: event.reason, message: event.message))
        }
        step.isDeleted = stage.change.deletes
        return step
    }

    /// The pod with the stage in its status.
    private func marked(_ stage: Stage) -> Value {
        var conditions = Conditions(of: pod)
        conditions.set(
            Stage.conditionType, true, reason: stage.name,
            more: ["lastProbeTime": .null, "lastTransitionTime": .string(now.rfc3339)], now: now)
        var result = pod
        result.set(conditions.value, at: "status", "conditions")
        return result
    }
}
