package import FairleadModel
package import FairleadSchema

/// The kinds this server has, by resource: the built-in ones, and those that definitions add at run time.
///
/// Built-in kinds are looked up first, in a table that never changes, so custom kinds add no cost to them.
package struct KindRegistry: Sendable {
    /// The built-in resources.
    package let resources: ResourceTable
    private let builtIn: [GroupVersionResource: Kind]
    private let builtInVersions: [GroupResource: [Kind]]
    /// The apiVersions of the built-in kinds.
    private let builtInGroups: Set<String>
    private let catalog: CustomKinds?

    /// - Parameter catalog: the custom kinds; nil for a server that has none.
    package init(_ builtIn: [Kind] = Kind.builtIn, catalog: CustomKinds? = nil) {
        resources = ResourceTable(builtIn.map(\.info))
        self.builtIn = Dictionary(builtIn.map { ($0.info.gvr, $0) }) { first, _ in first }
        builtInVersions = Dictionary(grouping: builtIn, by: \.groupResource)
        builtInGroups = Set(builtIn.map(\.apiVersion))
        self.catalog = catalog
    }

    /// The kind that objects with an apiVersion and a kind are of; nil if it is not served.
    package func kind(apiVersion: String, kind name: String) -> Kind? {
        if let info = resources.resource(kind: name, apiVersion: apiVersion) { return builtIn[info.gvr] }
        return catalog?.current.served.values.first { $0.info.kind == name && $0.apiVersion == apiVersion }
    }

    /// All versions in which a resource is served. The two groups of events show the same objects.
    package func versions(of resource: GroupResource) -> [Kind] {
        if resource.resource == "events", resource.group.isEmpty || resource.group == "events.k8s.io" {
            return ["", "events.k8s.io"].flatMap {
                builtInVersions[GroupResource(group: $0, resource: "events")] ?? []
            }
        }
        if let known = builtInVersions[resource] { return known }
        return catalog?.current.served.values.filter { $0.groupResource == resource }
            .sorted { VersionOrder.precedes($0.info.gvr.version, $1.info.gvr.version) } ?? []
    }

    /// The kind behind a path; nil if it is not served.
    package func kind(_ resource: GroupVersionResource) -> Kind? {
        builtIn[resource] ?? catalog?.current.served[resource]
    }

    /// The built-in kind behind a path; nil for all others.
    package func builtInKind(_ resource: GroupVersionResource) -> Kind? { builtIn[resource] }

    /// Whether the group and version of a resource are built-in ones, whether or not they have such a resource.
    package func isBuiltInGroup(of resource: GroupVersionResource) -> Bool {
        builtInGroups.contains(resource.group.isEmpty ? resource.version : "\(resource.group)/\(resource.version)")
    }

    /// Like `kind`, but with custom kinds as last read: returns at once and may be slightly out of date.
    package func lastKind(_ resource: GroupVersionResource) -> Kind? {
        resources.resource(resource) == nil ? lastCustom.served[resource] : kind(resource)
    }

    /// Whether `kind` returns at once; otherwise it has to read definitions first, which an event loop must not do.
    package func isQuick(_ resource: GroupVersionResource) -> Bool {
        builtIn[resource] != nil || catalog?.isRead ?? true
    }

    /// Like `kind`, for this program itself, which can also reach versions that are no longer served.
    package func anyKind(_ resource: GroupVersionResource) -> Kind? {
        kind(resource) ?? catalog?.current.all[resource]
    }

    /// The current custom kinds. Not for event loops: definitions may have to be read.
    package var custom: CustomKinds.Contents { catalog?.current ?? CustomKinds.Contents() }

    /// The custom kinds as last read: for event loops, after `whenCustomRead`.
    package var lastCustom: CustomKinds.Contents { catalog?.lastRead ?? CustomKinds.Contents() }

    /// Calls back once `lastCustom` reflects the current state of the store; does not wait.
    package func whenCustomRead(_ body: @escaping @Sendable () -> Void) {
        if let catalog { catalog.whenRead(body) } else { body() }
    }
}
