import FairleadClient
import FairleadControllers
import FairleadModel
import Synchronization

/// One check of an autoscaler and its target.
///
/// Reference: k8s.io/kubernetes `pkg/controller/podautoscaler/horizontal.go`.
final class AutoscalerWorker: Sendable {
    private let client: any ObjectClient
    private let resources: ManagedResources
    private let recorder: EventRecorder
    private let pods: Lister
    /// nil if nobody serves metrics of resources.
    private let metrics: (@Sendable (_ namespace: String) -> [Value])?
    private let now: @Sendable () -> Timestamp
    private let clock: any DelayClock
    private let memories = Mutex<[ObjectName: AutoscalerMemory]>([:])

    init(
        client: any ObjectClient, resources: ManagedResources, recorder: EventRecorder, pods: Lister,
        metrics: (@Sendable (_ namespace: String) -> [Value])?, now: @escaping @Sendable () -> Timestamp,
        clock: any DelayClock
    ) {
        self.client = client
        self.resources = resources
        self.recorder = recorder
        self.pods = pods
        self.metrics = metrics
        self.now = now
        self.clock = clock
    }

    func forget(_ name: ObjectName) { memories.withLock { $0[name] = nil } }

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
            await follow(autoscaler, target, least: least, most: most, &look)
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
        let (name, moment, old) = (Self.name(of: autoscaler), clock.now, target.replicas)
        if autoscaler.at("spec", "behavior") != nil {
            memories.withLock { $0[name, default: AutoscalerMemory()].noteChange(from: old, to: replicas, at: moment) }
        }
        look.desired = replicas
        look.hasScaled = true
    }

    private static func name(of autoscaler: Value) -> ObjectName {
        ObjectName(namespace: autoscaler.namespace, name: autoscaler.name)
    }

    /// Within the bounds, the metrics decide.
    private func follow(
        _ autoscaler: Value, _ target: ScaleTarget, least: Int64, most: Int64, _ look: inout Look
    ) async {
        let current = target.replicas
        guard let wish = wish(autoscaler, target, &look) else { return }
        let behavior = ScalingBehavior(
            behavior: autoscaler.at("spec", "behavior"), least: least, most: most, now: clock.now)
        let name = Self.name(of: autoscaler)
        let outcome = memories.withLock {
            behavior.apply(wish.replicas, current: current, &$0[name, default: AutoscalerMemory()])
        }
        look.say("AbleToScale", true, outcome.able.reason, outcome.able.message)
        look.say("ScalingLimited", outcome.isLimited, outcome.limit.reason, outcome.limit.message)
        look.desired = outcome.replicas
        if outcome.replicas == current { return }
        let why = wish.replicas > current ? "\(wish.metric) above target" : "All metrics below target"
        await scale(autoscaler, target, to: outcome.replicas, wish.replicas == current ? "" : why, &look)
    }

    /// The largest number of replicas that a metric asks for. nil if that cannot be said, and why is in the status.
    private func wish(
        _ autoscaler: Value, _ target: ScaleTarget, _ look: inout Look
    ) -> (replicas: Int64, metric: String)? {
        let specs = autoscaler.items("spec", "metrics")
        // Kubernetes leaves an empty entry for each metric that it could not read.
        var statuses = [Value](repeating: ["type": ""], count: specs.count)
        defer { look.metrics = .array(statuses) }
        // The text comes from an object's selector: it can be read.
        guard !target.selector.isEmpty, let selector = try? LabelSelector(parsing: target.selector) else {
            warn(autoscaler, "SelectorRequired", "selector is required")
            look.say("ScalingActive", false, "InvalidSelector", "the HPA target's scale is missing a selector")
            return nil
        }
        let reading = MetricReading(
            autoscaler: autoscaler, current: target.replicas, selector: selector,
            pods: pods.list(namespace: autoscaler.namespace).map(\.value).filter { selector.matches($0.labels) },
            metrics: metrics?(autoscaler.namespace), now: look.now)
        var best: (replicas: Int64, metric: String)?
        var failures: [MissingMetric] = []
        for (index, spec) in specs.enumerated() {
            switch reading.read(spec) {
            case .success(let result):
                statuses[index] = result.status
                if result.replicas > best?.replicas ?? 0 || best == nil { best = (result.replicas, result.metric) }
            case .failure(let failure): failures.append(failure)
            }
        }
        for failure in failures { warn(autoscaler, failure.reason, failure.problem) }
        let isBlind = failures.count == specs.count
        if let first = failures.first, isBlind || best.map({ $0.replicas < target.replicas }) ?? true {
            look.say(
                "ScalingActive", false, first.reason,
                "the HPA was unable to compute the replica count: \(first.problem)")
            warn(
                autoscaler, "FailedComputeMetricsReplicas",
                "invalid metrics (\(failures.count) invalid out of \(specs.count)), first error is: \(first.summary)")
            return nil
        }
        guard let best else { return nil }
        look.say(
            "ScalingActive", true, "ValidMetricFound",
            "the HPA was able to successfully calculate a replica count from \(best.metric)")
        return best
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
