package import FairleadClient
package import FairleadModel

/// Accepts the names of CustomResourceDefinitions and so puts their kinds into service; tells the other controllers
/// which custom resources there are. Kubernetes' naming and establishing controllers in one.
package final class NamesController: Controller {
    package let name = "crd-naming-controller"
    private let informers: [Informer]
    private let runner: ControllerRunner<String>

    /// - Parameter resources: told of every definition before its kind can be used.
    package init(
        client: any ObjectClient, informers: InformerSet, environment: Environment, resources: ManagedResources
    ) {
        let queue = WorkQueue<String>()
        let definitions = informers.informer(.customResourceDefinitions)
        let lister = definitions.lister
        runner = ControllerRunner(name: name, workers: 1, queue: queue) { name in
            guard let definition = lister.get(namespace: "", name: name)?.value else { return .done }
            let group = lister.list().map(\.value).filter {
                $0.at("spec", "group") == definition.at("spec", "group")
            }
            let reconciler = NamesReconciler(definition: definition, group: group, now: environment.now())
            let updated = reconciler.updated
            if updated["status"] == definition["status"] { return .done }
            do throws(APIStatus) {
                try await client.update(.customResourceDefinitions, updated, subresource: "status")
            } catch {
                if error.code != 404 { throw error }
            }
            return .done
        }
        self.informers = [definitions]
        definitions.addHandler { change in
            let all = lister.list()
            resources.setCustom(all.compactMap { ManagedResource(definition: $0.value) })
            if !change.isDeletion { queue.add(change.name.name) }
            // A name that was taken may have become free.
            let group = (change.new ?? change.old)?.value.at("spec", "group")
            for other in all where other.objectName != change.name && other.value.at("spec", "group") == group {
                queue.add(other.objectName.name)
            }
        }
    }

    package var health: ControllerHealth { runner.health }

    package func run() async { await ControllerLoop.run(runner, after: informers) }
}

extension ManagedResource {
    /// The resource that a CustomResourceDefinition adds, in the version in which its objects are stored.
    init?(definition: Value) {
        guard let spec = definition["spec"], let group = spec["group"]?.string,
            let plural = spec.at("names", "plural")?.string, let kind = spec.at("names", "kind")?.string,
            let version = spec.items("versions").first(where: { $0["storage"]?.bool == true })?["name"]?.string
        else { return nil }
        self.init(
            GroupVersionResource(group: group, version: version, resource: plural), kind: kind,
            isNamespaced: spec["scope"]?.string != "Cluster")
    }
}
