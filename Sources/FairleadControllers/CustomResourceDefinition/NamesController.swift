package import FairleadClient
import FairleadModel

/// Accepts the names of CustomResourceDefinitions and so establishes them; tells the other controllers which custom
/// resources exist before any of them can be used. Kubernetes' naming and establishing controllers in one.
package enum NamesController {
    package static let descriptor = ControllerDescriptor("crd-naming-controller", workers: 1) {
        (setup: ControllerSetup<String>, settings: ControllerSettings) in
        let definitions = setup.watch(.customResourceDefinitions)
        let lister = definitions.lister
        let resources = settings.resources
        setup.map(definitions) { change in
            let all = lister.list()
            resources.setCustom(all.compactMap { ManagedResource(definition: $0.value) })
            // A name that was taken may have become free.
            let group = change.latest?.value.at("spec", "group")
            let others = all.filter { $0.objectName != change.name && $0.value.at("spec", "group") == group }
            return (change.isDeletion ? [] : [change.name.name]) + others.map(\.key.name)
        }
        let (client, now) = (setup.client, setup.now)
        return { name in
            guard let definition = lister.get(namespace: "", name: name)?.value else { return .done }
            let group = lister.list().map(\.value).filter {
                $0.at("spec", "group") == definition.at("spec", "group")
            }
            let updated = NamesReconciler(definition: definition, group: group, now: now()).updated
            try await client.updateStatus(.customResourceDefinitions, of: definition, to: updated["status"] ?? .null)
            return .done
        }
    }
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
