import FairleadModel
import FairleadStorage
import Testing

@testable import FairleadKinds

/// What the recorded scenarios about PriorityClasses do not ask.
struct PriorityClassTests {
    private let strategy = PriorityClassStrategy()

    private func priorityClass(_ name: String, _ value: Int64, isDefault: Bool = false, policy: String? = nil) -> Value
    {
        var object: Value = ["metadata": ["name": .string(name)], "value": .int(value)]
        if isDefault { object["globalDefault"] = true }
        if let policy { object["preemptionPolicy"] = .string(policy) }
        strategy.setDefaults(&object)
        return object
    }

    private func context(_ classes: Value...) async throws -> StrategyContext {
        let store = try Store.open(engine: MemoryEngine())
        for object in classes {
            let key = ObjectKey(PriorityClassStrategy.resource, namespace: "", name: object.name)
            _ = try await store.commit(Transaction(conditions: [], operations: [.put(key, Document(object))]))
        }
        return StrategyContext(
            snapshot: store.current, environment: .live, configuration: APIConfiguration(serviceClusterIPRanges: []),
            isDryRun: false)
    }

    @Test func theSystemsOwnClassesAreWhatTheyAre() async throws {
        let context = try await context()
        #expect(strategy.validate(priorityClass("system-node-critical", 2_000_001_000), context).isEmpty)
        let reserved =
            "metadata.name: Forbidden: priority class names with 'system-' prefix are reserved for system use only. error: "
        #expect(
            strategy.validate(priorityClass("system-node-critical", 5), context).map(\.description)
                == [reserved + "value of system-node-critical PriorityClass must be 2000001000"])
        #expect(
            strategy.validate(priorityClass("system-node-critical", 2_000_001_000, isDefault: true), context)
                .map(\.description) == [reserved + "globalDefault of system-node-critical PriorityClass must be false"])
    }

    @Test func valueAndPolicyStayAsTheyAre() async throws {
        let context = try await context()
        let old = priorityClass("a", 5)
        #expect(strategy.validateUpdate(priorityClass("a", 5, isDefault: true), old: old, context).isEmpty)
        #expect(
            strategy.validateUpdate(priorityClass("a", 6, policy: "Never"), old: old, context).map(\.field)
                == ["preemptionPolicy", "value"])
    }

    @Test func oneClassIsTheDefaultAndOfSeveralTheLeast() async throws {
        let context = try await context(
            priorityClass("high", 9, isDefault: true), priorityClass("low", 3, isDefault: true),
            priorityClass("none", 1))
        var low = priorityClass("low", 3, isDefault: true)
        try strategy.admit(&low, old: low, context)
        var other = priorityClass("other", 1, isDefault: true)
        #expect(throws: APIStatus.self) { try strategy.admit(&other, old: nil, context) }
        #expect(throws: APIStatus.self) { try strategy.admit(&low, old: nil, context) }
        var spec: Value = .object(Object())
        try PriorityAdmission.admit(&spec, context) { .badRequest($0) }
        #expect(spec["priority"] == 3 && spec["priorityClassName"] == "low")
        #expect(spec["preemptionPolicy"] == "PreemptLowerPriority")
    }

    @Test func withoutADefaultPodsHaveNoClass() async throws {
        var spec: Value = .object(Object())
        let context = try await context(priorityClass("a", 1))
        try PriorityAdmission.admit(&spec, context) { .badRequest($0) }
        #expect(spec["priority"] == 0 && spec["priorityClassName"] == nil)
    }
}
