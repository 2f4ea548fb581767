import FairleadClient
import FairleadModel

extension SchedulerWorker {
    /// Asks the victims to leave.
    func makeRoom(for pod: Value, _ plan: Preemption.Plan) async throws(APIStatus) {
        for victim in plan.victims {
            guard let object = pods.get(victim.objectName)?.value, object.uid == victim.uid,
                object.deletionTimestamp == nil
            else { continue }
            var conditions = Conditions(of: object)
            var more = Object()
            if object.generation != 0 { more["observedGeneration"] = .int(object.generation) }
            let scheduler = pod.text("spec", "schedulerName")
            let message =
                "\(scheduler.isEmpty ? "default-scheduler" : scheduler): preempting to accommodate a higher priority pod"
            conditions.set(
                "DisruptionTarget", true, reason: "PreemptionByScheduler", message: message, more: more, now: now())
            let isThere = try await ignoringNotFound(
                await client.patch(
                    .pods, namespace: object.namespace, name: object.name,
                    ["metadata": ["uid": .string(object.uid)], "status": ["conditions": conditions.value ?? .null]],
                    subresource: "status"))
            if isThere == nil { continue }
            try await ignoringNotFound(
                orChanged: true,
                await client.delete(
                    .pods, namespace: object.namespace, name: object.name, options: DeleteOptions(uid: object.uid)))
            recorder.event(
                about: object, type: "Normal", reason: "Preempted",
                message: "Preempted by pod \(pod.uid) on node \(plan.node)")
        }
        for other in plan.displaced {
            try await ignoringNotFound(
                await client.patch(
                    .pods, namespace: other.namespace, name: other.name, ["status": ["nominatedNodeName": .null]],
                    subresource: "status"))
        }
    }
}
