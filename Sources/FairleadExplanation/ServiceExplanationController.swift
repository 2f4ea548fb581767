package import FairleadClient
import FairleadModel

/// Records Events on Services that say why they have no endpoints, are pending, or cannot carry traffic the way they are
/// set, so that `kubectl describe service` shows it.
///
/// A Service that has been in trouble for a while gets one Event per cause, and another one only when the cause or its
/// text changes. Kubernetes has no such Events, so this is not part of a bare control plane.
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
        let nodes = setup.watch(.nodes)
        let slices = ServiceSlices(setup.informers)
        setup.watch(.endpointSlices)
        let placement = NodePlacement(services: services)
        let worker = ServiceExplanationWorker(
            informers: setup.informers, servicePods: ServicePods(services: services, pods: pods), slices: slices,
            placement: placement, settings: settings, recorder: setup.recorder(component: "service-explainer"))
        setup.map(services, after: Self.patience) { change in
            if !change.isDeletion { return [change.name] }
            worker.forget(change.name)
            return []
        }
        // A Service gains or loses endpoints through its slices, which change less often than its pods.
        setup.map(slices.informer, after: Self.patience) { change in
            guard let slice = change.latest, SliceChange.matters(change) else { return [] }
            let service = EndpointSliceView(slice).serviceName
            return service.isEmpty ? [] : [ObjectName(namespace: slice.key.namespace, name: service)]
        }
        setup.map(nodes, after: Self.patience) { placement.services(affectedBy: $0) }
        return { key in
            worker.reconcile(key)
            return .done
        }
    }
}
