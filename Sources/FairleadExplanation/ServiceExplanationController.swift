package import FairleadClient
import FairleadModel

/// Records Events on Services that say why they have no endpoints or are pending, so that `kubectl describe service`
/// shows it.
///
/// A Service that has been in trouble for a while gets one Warning per cause, and another one only when the cause or
/// its text changes. Kubernetes has no such Events, so this is not part of a bare control plane.
package enum ServiceExplanationController {
    /// What it cannot learn from objects.
    package struct Settings: Sendable {
        package var loadBalancers: ServiceExplainer.LoadBalancers
        /// See `ServiceExplainer.Inputs`.
        package var annotations: ServiceExplainer.Annotations?

        package init(
            loadBalancers: ServiceExplainer.LoadBalancers, annotations: ServiceExplainer.Annotations?
        ) {
            self.loadBalancers = loadBalancers
            self.annotations = annotations
        }
    }

    /// Time for pods to start and for caches to catch up before anything is reported.
    private static let patience = Duration.seconds(8)

    package static let descriptor = ControllerDescriptor(
        "service-explanation-controller", isStandIn: true, workers: 1
    ) { (setup: ControllerSetup<ObjectName>, settings: Settings) in
        let services = setup.watch(.services)
        let pods = setup.watch(.pods)
        let slices = setup.watch(.endpointSlices)
        let worker = ServiceExplanationWorker(
            informers: setup.informers, servicePods: ServicePods(services: services, pods: pods),
            slices: ServiceSlices(setup.informers), settings: settings,
            recorder: setup.recorder(component: "service-explainer"))
        setup.map(services, after: Self.patience) { change in
            if !change.isDeletion { return [change.name] }
            worker.forget(change.name)
            return []
        }
        // A Service gains or loses endpoints through its slices, which change less often than its pods.
        setup.map(slices, after: Self.patience) { change in
            let before = change.old.map(ServiceExplanationWorker.hasReadyEndpoint)
            let after = change.new.map(ServiceExplanationWorker.hasReadyEndpoint)
            guard before != after, let slice = change.latest else { return [] }
            let service = EndpointSliceView(slice).serviceName
            return service.isEmpty ? [] : [ObjectName(namespace: slice.key.namespace, name: service)]
        }
        return { key in
            worker.reconcile(key)
            return .done
        }
    }
}
