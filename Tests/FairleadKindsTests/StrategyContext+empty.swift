import FairleadStorage

@testable import FairleadKinds

extension StrategyContext {
    /// For strategies that look at nothing but the object.
    static func ofAnEmptyCluster() throws -> StrategyContext {
        let store = try Store.open(engine: MemoryEngine(), options: StoreOptions())
        return StrategyContext(
            snapshot: store.current, environment: .live, configuration: APIConfiguration(serviceClusterIPRanges: []),
            isDryRun: false)
    }
}
