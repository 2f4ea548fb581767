package import FairleadModel
package import FairleadSchema

/// The kinds this server has, by resource: those that are built in, and those that definitions add while it runs.
///
/// Built-in kinds are looked up first, in a table that never changes: custom ones cost them nothing.
package struct KindRegistry: Sendable {
    /// The built-in resources.
    package let resources: ResourceTable
    private let builtIn: [GroupVersionResource: Kind]
    private let catalog: CustomKinds?

    /// - Parameter catalog: the custom kinds; nil for a server that has none.
    package init(_ builtIn: [Kind] = Kind.builtIn, catalog: CustomKinds? = nil) {
        resources = ResourceTable(builtIn.map(\.info))
        self.builtIn = Dictionary(builtIn.map { ($0.info.gvr, $0) }) { first, _ in first }
        self.catalog = catalog
    }

    /// The kind behind a path; nil if it is not served.
    package func kind(_ resource: GroupVersionResource) -> Kind? {
        builtIn[resource] ?? catalog?.current.served[resource]
    }

    /// The same from custom kinds as they were last read: always at once, for what may be a moment late.
    package func lastKind(_ resource: GroupVersionResource) -> Kind? {
        resources.resource(resource) == nil ? lastCustom.served[resource] : kind(resource)
    }

    /// Whether `kind` answers at once; otherwise it has to read definitions first, which is no work for an event loop.
    package func isQuick(_ resource: GroupVersionResource) -> Bool {
        builtIn[resource] != nil || catalog?.isRead ?? true
    }

    /// The same for parts of this program, which also reach versions that are not served any more.
    package func anyKind(_ resource: GroupVersionResource) -> Kind? {
        kind(resource) ?? catalog?.current.all[resource]
    }

    /// The custom kinds as they are now. Not for event loops: definitions may have to be read.
    package var custom: CustomKinds.Contents { catalog?.current ?? CustomKinds.Contents() }

    /// The custom kinds as they were last read: for event loops, after `whenCustomRead`.
    package var lastCustom: CustomKinds.Contents { catalog?.lastRead ?? CustomKinds.Contents() }

    /// Calls back when `lastCustom` is what the store has now; does not wait for that.
    package func whenCustomRead(_ body: @escaping @Sendable () -> Void) {
        if let catalog { catalog.whenRead(body) } else { body() }
    }
}
