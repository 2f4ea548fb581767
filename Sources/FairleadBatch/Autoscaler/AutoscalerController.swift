package import FairleadClient
package import FairleadControllers
import FairleadModel

/// Keeps the replicas of autoscaled objects within their bounds, and there where their pods' use of resources wants
/// them. Where nobody serves metrics the status says so.
package enum AutoscalerController {
    static let autoscalers = GroupVersionResource(
        group: "autoscaling", version: "v2", resource: "horizontalpodautoscalers")
    /// How often each autoscaler is checked.
    private static let period = Duration.seconds(15)

    package static let descriptor = ControllerDescriptor(
        "horizontal-pod-autoscaler-controller", alias: "horizontalpodautoscaling", workers: 5
    ) { (setup: ControllerSetup<ObjectName>, settings: ControllerSettings) in
        let autoscalers = setup.watch(Self.autoscalers)
        // A new one waits for a whole period as well, as its bounds are not urgent.
        setup.map(autoscalers, after: period) { $0.isAddition ? [$0.name] : [] }
        let lister = autoscalers.lister
        let pods = setup.watch(.pods)
        let worker = AutoscalerWorker(
            client: setup.client, resources: settings.resources,
            recorder: setup.recorder(component: "horizontal-pod-autoscaler"), pods: pods.lister,
            metrics: settings.podMetrics, now: setup.now, clock: setup.clock)
        return { key in
            guard let autoscaler = lister.get(key)?.value, autoscaler.deletionTimestamp == nil else {
                worker.forget(key)
                return .done
            }
            try await worker.reconcile(autoscaler)
            return .again(after: period)
        }
    }
}
