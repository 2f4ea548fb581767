import FairleadClient
import FairleadControllers
import FairleadModel

/// One check of an autoscaler and its target.
///
/// Reference: k8s.io/kubernetes `pkg/controller/podautoscaler/horizontal.go`.
struct AutoscalerWorker: Sendable {
    let client: any ObjectClient
    let resources: ManagedResources
    let recorder: EventRecorder
    let now: @Sendable () -> Timestamp

    /// What goes into the status after a check.
    private struct Look {
        var conditions: Conditions
        var current: Int64?
        var desired: Int64
        var metrics: Value = .null
        var hasScaled = false
        let now: Timestamp

        mutating func say(_ type: String, _ isTrue: Bool, _ reason: String, _ message: String) {
            conditions.set(type, isTrue, reason: reason, message: message, now: now)
        }
    }

    func reconcile(_ autoscaler: Value) async throws(APIStatus) {
        let status = autoscaler["status"] ?? .null
        var look = Look(
            conditions: Conditions(of: autoscaler), current: status["currentReplicas"]?.int,
            desired: status["desiredReplicas"]?.int ?? 0, now: now())
        do throws(ScaleTarget.Failure) {
            let target = try await ScaleTarget(
                autoscaler.at("spec", "scaleTargetRef") ?? .null, namespace: autoscaler.namespace, client: client,
                resources: resources)
            look.say(
                "AbleToScale", true, "SucceededGetScale",
                "the HPA controller was able to get the target's current scale")
            look.current = target.replicas
            await decide(autoscaler, target, &look)
        } catch {
            warn(autoscaler, "FailedGetScale", error.message)
            look.say(
                "AbleToScale", false, "FailedGetScale",
                "the HPA controller was unable to get the target's current scale: \(error.message)")
        }
        try await write(look, autoscaler)
    }

    private func decide(_ autoscaler: Value, _ target: ScaleTarget, _ look: inout Look) async {
        let current = target.replicas
        let least = autoscaler.at("spec", "minReplicas")?.int ?? 1
        let most = autoscaler.at("spec", "maxReplicas")?.int ?? 0
        if current == 0, least != 0 {
            look.desired = 0
            look.say(
                "ScalingActive", false, "ScalingDisabled",
                "scaling is disabled since the replica count of the target is zero")
        } else if current > most {
            await scale(autoscaler, target, to: most, "Current number of replicas above Spec.MaxReplicas", &look)
        } else if current < least {
            await scale(autoscaler, target, to: least, "Current number of replicas below Spec.MinReplicas", &look)
        } else {
            explain(autoscaler, target, &look)
        }
    }

    private func scale(
        _ autoscaler: Value, _ target: ScaleTarget, to replicas: Int64, _ why: String, _ look: inout Look
    ) async {
        do throws(APIStatus) {
            try await target.scale(to: replicas, client: client)
        } catch {
            warn(autoscaler, "FailedRescale", "New size: \(replicas); reason: \(why); error: \(error.message)")
            look.say(
                "AbleToScale", false, "FailedUpdateScale",
                "the HPA controller was unable to update the target scale: \(error.message)")
            return
        }
        recorder.event(
            about: autoscaler, type: "Normal", reason: "SuccessfulRescale",
            message: "New size: \(replicas); reason: \(why)")
        look.say(
            "AbleToScale", true, "SucceededRescale",
            "the HPA controller was able to update the target scale to \(replicas)")
        look.desired = replicas
        look.hasScaled = true
    }

    /// Within the bounds, the metrics would decide: reports why they cannot be read.
    private func explain(_ autoscaler: Value, _ target: ScaleTarget, _ look: inout Look) {
        let metrics = autoscaler.items("spec", "metrics")
        // Kubernetes leaves an empty entry for each metric that it could not read.
        look.metrics = .array(metrics.map { _ in ["type": ""] })
        if target.selector.isEmpty {
            warn(autoscaler, "SelectorRequired", "selector is required")
            look.metrics = .null
            look.say("ScalingActive", false, "InvalidSelector", "the HPA target's scale is missing a selector")
            return
        }
        let missing = metrics.map { MissingMetric($0, namespace: autoscaler.namespace) }
        for metric in missing { warn(autoscaler, metric.reason, metric.problem) }
        guard let first = missing.first else { return }
        look.say(
            "ScalingActive", false, first.reason,
            "the HPA was unable to compute the replica count: \(first.problem)")
        warn(
            autoscaler, "FailedComputeMetricsReplicas",
            "invalid metrics (\(missing.count) invalid out of \(metrics.count)), first error is: \(first.summary)")
    }

    private func write(_ look: Look, _ autoscaler: Value) async throws(APIStatus) {
        var status: Object = ["desiredReplicas": .int32(look.desired), "currentMetrics": look.metrics]
        status["currentReplicas"] = look.current.flatMap { $0 == 0 ? nil : .int32($0) }
        status["lastScaleTime"] =
            look.hasScaled ? .string(look.now.rfc3339) : autoscaler.at("status", "lastScaleTime")
        status["conditions"] = look.conditions.value
        try await client.updateStatus(AutoscalerController.autoscalers, of: autoscaler, to: .object(status))
    }

    private func warn(_ autoscaler: Value, _ reason: String, _ message: String) {
        recorder.event(about: autoscaler, type: "Warning", reason: reason, message: message)
    }
}
