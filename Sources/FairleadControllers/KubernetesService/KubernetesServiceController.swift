package import FairleadClient

/// Makes the objects of `Bootstrap` again when somebody deletes or changes them.
package struct KubernetesServiceController: Controller {
    private enum Key: Hashable, Sendable {
        case namespace(String)
        case service
        case serviceCIDR
        case endpoints
    }

    package let name = "kubernetes-service-controller"
    private let runner: ControllerRunner<Key>
    private let informers: [Informer]

    package init(informers: InformerSet, bootstrap: Bootstrap, clock: any DelayClock = SystemDelayClock()) {
        let queue = WorkQueue<Key>(clock: clock)
        let namespaces = informers.informer(.namespaces)
        let services = informers.informer(.services)
        let endpoints = informers.informer(.endpoints)
        let slices = informers.informer(.endpointSlices)
        let cidrs = informers.informer(.serviceCIDRs)
        let own = ObjectName(namespace: "default", name: Bootstrap.name)

        namespaces.addHandler { change in
            let name = change.name.name
            if change.isDeletion, Bootstrap.namespaces.contains(name) { queue.add(.namespace(name)) }
        }
        services.addHandler { if $0.isDeletion, $0.name == own { queue.add(.service) } }
        cidrs.addHandler { if $0.isDeletion, $0.name.name == Bootstrap.name { queue.add(.serviceCIDR) } }
        for informer in [endpoints, slices] {
            informer.addHandler { if $0.name == own, !$0.isAddition { queue.add(.endpoints) } }
        }
        self.informers = [namespaces, services, cidrs, endpoints, slices]
        runner = ControllerRunner(name: name, workers: 1, queue: queue) { key in
            switch key {
            case .namespace(let name): try await bootstrap.ensureNamespace(name)
            case .service: try await bootstrap.ensureService()
            case .serviceCIDR: try await bootstrap.ensureServiceCIDR()
            case .endpoints: try await bootstrap.ensureEndpoints()
            }
            return .done
        }
    }

    package var health: ControllerHealth { runner.health }

    package func run() async { await ControllerLoop.run(runner, after: informers) }
}
