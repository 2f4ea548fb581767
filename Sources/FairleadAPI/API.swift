package import FairleadKinds
import FairleadMerge
package import FairleadModel
package import FairleadSchema
package import FairleadStorage

/// The Kubernetes API over a store: what HTTP requests, controllers and simulated machines all go through.
///
/// The verbs (`Verbs/`) take and give objects; `Pipeline` puts HTTP around them. A write that returns has been made
/// durable and is visible to every read and watch. Nothing here keeps state between calls
/// but what would come out the same if it were worked out again.
package struct API: Sendable {
    package let store: Store
    package let types: TypeRegistry
    package let kinds: KindRegistry
    package let configuration: APIConfiguration
    package let environment: Environment
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

    /// Gives up what was kept for speed only. Small things that survive a burst keep the pages around them.
    package func forgetCaches() { fieldsV1.removeAll() }

    var decoder: BodyDecoder { BodyDecoder(types: types, resources: kinds.resources) }

    func context(_ snapshot: Snapshot, isDryRun: Bool, subresource: String? = nil) -> StrategyContext {
        StrategyContext(
            snapshot: snapshot, environment: environment, configuration: configuration, isDryRun: isDryRun,
            subresource: subresource)
    }
}

/// What a write gives back.
package struct WriteResult: Sendable {
    /// The object as it is now, or as it was last when it has been removed.
    package var object: Value
    /// The version that this write made, whose bytes can be sent as they are; nil on a dry run, for a removal and where
    /// nothing changed.
    var stored: StoredObject?
    package var isCreated = false
    package var warnings: [String] = []
}
