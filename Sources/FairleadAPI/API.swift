package import FairleadKinds
import FairleadMerge
package import FairleadModel
package import FairleadSchema
package import FairleadStorage

/// The Kubernetes API over a store: what HTTP requests, controllers and simulated machines all go through.
///
/// The verbs (`Verbs/`) take and return objects; `Pipeline` adds HTTP. By the time a write returns, it is durable and
/// visible to every read and watch. The only state kept between calls is what could be recomputed with the same result.
package struct API: Sendable {
    package let store: Store
    package let types: TypeRegistry
    package let kinds: KindRegistry
    package let configuration: APIConfiguration
    package let environment: Environment
    /// Webhooks and policies, in the order in which they are asked.
    package var admission: [any DynamicAdmission] = []
    /// Writes down who has done what; nil if nobody does.
    package var auditor: (any RequestAuditor)?
    /// Calls the webhooks that convert custom objects; without it, conversion changes only their apiVersion.
    package var converter: (any CustomConverter)?
    let conversions = ConversionCache()
    let watchMetrics: WatchMetrics
    let fieldsV1 = FieldsV1Cache()

    package init(
        store: Store, types: TypeRegistry, kinds: KindRegistry, configuration: APIConfiguration,
        environment: Environment, watchMetrics: WatchMetrics = WatchMetrics()
    ) {
        self.store = store
        self.types = types
        self.kinds = kinds
        self.configuration = configuration
        self.environment = environment
        self.watchMetrics = watchMetrics
    }

    /// Drops what is cached only for speed. Small allocations that survive a burst pin the pages around them.
    package func forgetCaches() {
        fieldsV1.removeAll()
        conversions.removeAll()
    }

    var decoder: BodyDecoder { BodyDecoder(types: types, resources: kinds.resources) }

    func context(_ snapshot: Snapshot, isDryRun: Bool, subresource: String? = nil) -> StrategyContext {
        StrategyContext(
            snapshot: snapshot, environment: environment, configuration: configuration, isDryRun: isDryRun,
            subresource: subresource)
    }

    func context(_ snapshot: Snapshot, _ options: WriteOptions, subresource: String? = nil) -> StrategyContext {
        var context = context(snapshot, isDryRun: options.isDryRun, subresource: subresource)
        context.isRawFieldLoose = options.isRawFieldLoose
        context.user = options.requester?.user
        return context
    }
}

/// The result of a write.
package struct WriteResult: Sendable {
    /// The object as it is now, or as it last was if it has been removed.
    package var object: Value
    /// The version this write created, whose bytes can be sent as they are; nil for a dry run, a removal or a no-op.
    var stored: StoredObject?
    package var isCreated = false
    package var warnings: [String] = []
}
