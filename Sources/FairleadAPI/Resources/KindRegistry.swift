package import FairleadModel
package import FairleadSchema

/// One served kind: its names, its schema's type and its rules.
package struct Kind: Sendable {
    package let info: ResourceInfo
    package let strategy: any ResourceStrategy

    package var groupResource: GroupResource { info.gvr.groupResource }
    package var apiVersion: String { info.gvr.apiVersion }

    /// Whether the kind is stored as core/v1 Event and shown as events.k8s.io/v1 Event.
    var convertsEvents: Bool { info.gvr.group == "events.k8s.io" && info.gvr.resource == "events" }

    package func key(namespace: String, name: String) -> ObjectKey {
        ObjectKey(info.storage, namespace: namespace, name: name)
    }

    package func notFound(_ name: String) -> APIStatus { .notFound(groupResource, name: name) }

    package func invalid(_ name: String, _ errors: [FieldError]) -> APIStatus {
        // An Event is validated as what it is stored as.
        .invalid(group: convertsEvents ? "" : info.gvr.group, kind: info.kind, name: name, errors: errors)
    }
}

/// The kinds this server has, by resource.
package struct KindRegistry: Sendable {
    package let resources: ResourceTable
    private let strategies: [GroupResource: any ResourceStrategy]

    package init(resources: ResourceTable, strategies: [GroupResource: any ResourceStrategy]) {
        self.resources = resources
        self.strategies = strategies
    }

    package func kind(_ resource: GroupVersionResource) -> Kind? {
        guard let info = resources.resource(resource) else { return nil }
        return Kind(info: info, strategy: strategies[info.gvr.groupResource] ?? PlainStrategy())
    }
}

/// A kind without rules of its own.
private struct PlainStrategy: ResourceStrategy {}
