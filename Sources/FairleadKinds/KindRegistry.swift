package import FairleadModel
package import FairleadSchema

/// One served kind: its names, its schema's type and its rules.
package struct Kind: Sendable {
    package let info: ResourceInfo
    package let strategy: any ResourceStrategy
    /// What is particular to custom resources; nil for built-in kinds.
    package var custom: CustomResource?

    package var groupResource: GroupResource { info.gvr.groupResource }
    package var apiVersion: String { info.gvr.apiVersion }

    /// Whether the kind is stored as core/v1 Event and shown as events.k8s.io/v1 Event.
    package var convertsEvents: Bool { info.gvr.group == "events.k8s.io" && info.gvr.resource == "events" }

    /// Whether finalizers need not be qualified by a domain: the core's validation asks for that, others do not.
    package var allowsAnyFinalizer: Bool { custom != nil || info.gvr.group == CustomCatalog.definitions.group }

    package func key(namespace: String, name: String) -> ObjectKey {
        ObjectKey(info.storage, namespace: namespace, name: name)
    }

    package func notFound(_ name: String) -> APIStatus { .notFound(groupResource, name: name) }

    /// - Parameter object: what was refused; a custom object may name another kind than it should.
    package func invalid(_ name: String, _ errors: [FieldError], of object: Value? = nil) -> APIStatus {
        if custom != nil, let object {
            return .invalid(group: info.gvr.group, kind: object.kind, name: name, errors: errors)
        }
        // An Event is validated as what it is stored as.
        return .invalid(group: convertsEvents ? "" : info.gvr.group, kind: info.kind, name: name, errors: errors)
    }
}

/// The kinds this server has, by resource: those that are built in, and those that definitions add while it runs.
///
/// Built-in kinds are looked up first, in a table that never changes: custom ones cost them nothing.
package struct KindRegistry: Sendable {
    /// The built-in resources.
    package let resources: ResourceTable
    private let strategies: [GroupResource: any ResourceStrategy]
    private let catalog: CustomCatalog?

    /// - Parameter catalog: the custom kinds; nil for a server that has none.
    package init(
        resources: ResourceTable, strategies: [GroupResource: any ResourceStrategy], catalog: CustomCatalog? = nil
    ) {
        self.resources = resources
        self.strategies = strategies
        self.catalog = catalog
    }

    /// The kind behind a path; nil if it is not served.
    package func kind(_ resource: GroupVersionResource) -> Kind? {
        guard let info = resources.resource(resource) else { return catalog?.current.served[resource] }
        return Kind(info: info, strategy: strategies[info.gvr.groupResource] ?? PlainStrategy())
    }

    /// The same from custom kinds as they were last read: always at once, for what may be a moment late.
    package func lastKind(_ resource: GroupVersionResource) -> Kind? {
        resources.resource(resource) == nil ? lastCustom.served[resource] : kind(resource)
    }

    /// Whether `kind` answers at once; otherwise it has to read definitions first, which is no work for an event loop.
    package func isQuick(_ resource: GroupVersionResource) -> Bool {
        resources.resource(resource) != nil || catalog?.isRead ?? true
    }

    /// The same for parts of this program, which also reach versions that are not served any more.
    package func anyKind(_ resource: GroupVersionResource) -> Kind? {
        kind(resource) ?? catalog?.current.all[resource]
    }

    /// The custom kinds as they are now. Not for event loops: definitions may have to be read.
    package var custom: CustomKinds { catalog?.current ?? CustomKinds() }

    /// The custom kinds as they were last read: for event loops, after `whenCustomRead`.
    package var lastCustom: CustomKinds { catalog?.lastRead ?? CustomKinds() }

    /// Calls back when `lastCustom` is what the store has now; does not wait for that.
    package func whenCustomRead(_ body: @escaping @Sendable () -> Void) {
        if let catalog { catalog.whenRead(body) } else { body() }
    }
}

/// A kind without rules of its own.
private struct PlainStrategy: ResourceStrategy {}
