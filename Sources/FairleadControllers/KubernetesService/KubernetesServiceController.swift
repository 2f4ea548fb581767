package import FairleadClient
import FairleadModel

/// Recreates the objects of `Bootstrap` when somebody deletes or changes them.
package enum KubernetesServiceController {
    private enum Key: Hashable, Sendable {
        case namespace(String)
        case service
        case serviceCIDR
        case endpoints
        case extensionAuthentication
    }

    package static let descriptor = ControllerDescriptor("kubernetes-service-controller", workers: 1) {
        (setup: ControllerSetup<Key>, settings: ControllerSettings) in
        let own = ObjectName(namespace: "default", name: Bootstrap.name)
        setup.watch(.namespaces) { change in
            let name = change.name.name
            return change.isDeletion && Bootstrap.namespaces.contains(name) ? [.namespace(name)] : []
        }
        setup.watch(.services) { $0.isDeletion && $0.name == own ? [.service] : [] }
        setup.watch(.serviceCIDRs) { $0.isDeletion && $0.name.name == Bootstrap.name ? [.serviceCIDR] : [] }
        for resource in [GroupVersionResource.endpoints, .endpointSlices] {
            setup.watch(resource) { $0.name == own && !$0.isAddition ? [.endpoints] : [] }
        }
        let map = ObjectName(namespace: "kube-system", name: Bootstrap.extensionAuthentication)
        setup.watch(.configMaps) { $0.name == map && !$0.isAddition ? [.extensionAuthentication] : [] }
        let bootstrap = settings.bootstrap
        return { key in
            switch key {
            case .namespace(let name): try await bootstrap.ensureNamespace(name)
            case .service: try await bootstrap.ensureService()
            case .serviceCIDR: try await bootstrap.ensureServiceCIDR()
            case .endpoints:
                try await bootstrap.ensureEndpoints()
                try await bootstrap.ensureEndpointSlice()
            case .extensionAuthentication: try await bootstrap.ensureExtensionAuthentication()
            }
            return .done
        }
    }
}
