package import FairleadClient
package import FairleadModel

/// Keeps the EndpointSlices of every Service with a selector equal to the pods it selects.
package struct EndpointSliceController: Controller {
    package let name = "endpointslice-controller"
    private let runner: ControllerRunner<ObjectName>
    private let informers: [Informer]
    private let recorder: EventRecorder

    package init(informers: InformerSet, environment: Environment, clock: any DelayClock = SystemDelayClock()) {
        // Kubernetes' own pace for this controller: a pod on a missing node is not looked for every few milliseconds.
        let queue = WorkQueue<ObjectName>(clock: clock, backoff: .endpoints)
        let services = informers.informer(.services)
        let pods = informers.informer(.pods)
        let nodes = informers.informer(.nodes)
        let slices = ServiceSlices(informers)
        let servicePods = ServicePods(services: services, pods: pods)
        let recorder = EventRecorder(
            client: informers.client, component: "endpoint-slice-controller", environment: environment)
        let worker = EndpointSliceWorker(
            informers: informers, servicePods: servicePods, slices: slices, recorder: recorder)

        services.addHandler { queue.add($0.name) }
        pods.addHandler { change in
            for service in servicePods.services(affectedBy: change) { queue.add(service) }
        }
        slices.informer.addHandler { change in
            for service in worker.services(affectedBy: change) { queue.add(service) }
        }
        nodes.addHandler { change in
            for service in worker.services(overloadedBy: change) { queue.add(service) }
            // A node that comes or goes decides whether its pods are endpoints. One that moves to another zone is seen
            // at the next sync, as in Kubernetes.
            guard change.isAddition || change.isDeletion else { return }
            for pod in servicePods.pods(onNode: change.name.name) {
                for service in servicePods.services(of: pod) { queue.add(service) }
            }
        }
        self.recorder = recorder
        self.informers = [services, pods, nodes, slices.informer]
        runner = ControllerRunner(name: name, workers: 4, queue: queue) { try await worker.reconcile($0) }
    }

    package var health: ControllerHealth { runner.health }

    package func run() async { await ControllerLoop.run(runner, after: informers, recorder: recorder) }
}

extension Backoff {
    /// 0.1 s … 1000 s.
    static let endpoints = Backoff(first: 0.1, maximum: 1000)
}
