package import FairleadClient
package import FairleadModel

/// Tells, in Events about Services, why they are empty or pending, so that `kubectl describe service` shows it.
///
/// A Service that has been in trouble for `patience` seconds gets one Warning per cause, again only when the cause or
/// its words change. Kubernetes has no such events, so this runs only where machines are simulated.
package struct ServiceExplanationController: Controller {
    package let name = "service-explanation-controller"
    /// Seconds in which pods may start and caches catch up before anything is said.
    package static let patience = 8.0
    private let runner: ControllerRunner<ObjectName>
    private let informers: [Informer]
    private let recorder: EventRecorder

    package init(
        informers: InformerSet, loadBalancers: ServiceExplainer.LoadBalancers, readinessAnnotation: String?,
        environment: Environment, clock: any DelayClock = SystemDelayClock()
    ) {
        let queue = WorkQueue<ObjectName>(clock: clock)
        let services = informers.informer(.services)
        let pods = informers.informer(.pods)
        let slices = ServiceSlices(informers)
        let recorder = EventRecorder(
            client: informers.client, component: "service-explainer", environment: environment)
        let worker = ServiceExplanationWorker(
            informers: informers, servicePods: ServicePods(services: services, pods: pods), slices: slices,
            loadBalancers: loadBalancers, readinessAnnotation: readinessAnnotation, recorder: recorder)
        let look: @Sendable (ObjectName) -> Void = { service in queue.addAfter(service, Self.patience) }
        services.addHandler { change in
            if change.isDeletion { worker.forget(change.name) } else { look(change.name) }
        }
        // A Service becomes empty, or full, by its slices; that is rarer than changes of pods.
        slices.informer.addHandler { change in
            guard let slice = change.latest else { return }
            let before = change.old.map(ServiceExplanationWorker.hasReadyEndpoint)
            let after = change.new.map(ServiceExplanationWorker.hasReadyEndpoint)
            if before == after { return }
            let service = EndpointSliceView(slice).serviceName
            if !service.isEmpty { look(ObjectName(namespace: slice.key.namespace, name: service)) }
        }
        self.recorder = recorder
        self.informers = [services, pods, slices.informer]
        runner = ControllerRunner(name: name, workers: 1, queue: queue) { key in
            worker.reconcile(key)
            return .done
        }
    }

    package var health: ControllerHealth { runner.health }

    package func run() async { await ControllerLoop.run(runner, after: informers, recorder: recorder) }
}
