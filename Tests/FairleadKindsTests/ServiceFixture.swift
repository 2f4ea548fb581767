@testable import FairleadKinds
@testable import FairleadRules
import FairleadModel
import FairleadRandomTesting
import FairleadStorage

/// Services written into a store in memory the way the verbs write them: default, prepare, allocate, validate, commit,
/// and again after a lost race.
struct ServiceFixture {
    let store: Store
    let configuration: APIConfiguration
    let environment: Environment
    let strategy = ServiceStrategy()

    static let services = GroupResource(group: "", resource: "services")
    static let addresses = GroupResource(group: "networking.k8s.io", resource: "ipaddresses")
    static let ports = GroupResource(group: "fairlead.internal", resource: "nodeports")

    struct Refusal: Error {
        var status: APIStatus
        var causes: [String] { status.details?.causes.map { "\($0.field): \($0.message)" } ?? [] }
    }

    init(ranges: [String] = ["10.96.0.0/16"], nodePorts: ClosedRange<Int> = 30000...32767, seed: UInt64 = 1) throws {
        store = try Store.open(engine: MemoryEngine())
        configuration = APIConfiguration(
            serviceClusterIPRanges: ranges.compactMap { CIDR($0) }, nodePortRange: nodePorts)
        environment = .repeatable(seed: seed)
    }

    private func context(isDryRun: Bool) -> StrategyContext {
        StrategyContext(
            snapshot: store.current, environment: environment, configuration: configuration, isDryRun: isDryRun)
    }

    private func key(_ name: String) -> ObjectKey { ObjectKey(Self.services, namespace: "ns", name: name) }

    func isMissing(_ name: String) -> Bool { store.current.object(key(name)) == nil }

    @discardableResult
    func create(_ name: String, _ spec: Value, isDryRun: Bool = false) async throws -> Value {
        try await create(
            [
                "kind": "Service", "apiVersion": "v1", "metadata": ["name": .string(name), "namespace": "ns"],
                "spec": spec,
            ], isDryRun: isDryRun)
    }

    @discardableResult
    func create(_ object: Value, isDryRun: Bool = false) async throws -> Value {
        let name = object.name
        while true {
            let context = context(isDryRun: isDryRun)
            var service = object
            strategy.setDefaults(&service)
            strategy.prepareForCreate(&service, context)
            var transaction = Transaction()
            transaction.conditions.append(.init(key: key(name), revision: 0))
            service = try allocate(service, old: nil, &transaction, context)
            try check(metadataErrors(service, nil) + strategy.validate(service, context), name)
            if isDryRun { return service }
            transaction.operations.insert(.put(key(name), Document(service)), at: 0)
            if try await commit(transaction) { return service }
            if !isMissing(name) { throw Refusal(status: .alreadyExists(Self.services, name: name)) }
        }
    }

    @discardableResult
    func update(_ name: String, isDryRun: Bool = false, _ change: (inout Value) -> Void) async throws -> Value {
        try await updateObject(name, isDryRun: isDryRun) { service in
            var spec = service["spec"] ?? [:]
            change(&spec)
            service["spec"] = spec
        }
    }

    @discardableResult
    func updateObject(
        _ name: String, isDryRun: Bool = false, _ change: (inout Value) -> Void
    ) async throws -> Value {
        while true {
            let context = context(isDryRun: isDryRun)
            guard let stored = context.snapshot.object(key(name)) else {
                throw Refusal(status: .notFound(Self.services, name: name))
            }
            var service = stored.value
            change(&service)
            strategy.setDefaults(&service)
            strategy.prepareForUpdate(&service, old: stored.value, context)
            var transaction = Transaction()
            transaction.conditions.append(.init(key: stored.key, revision: stored.revision))
            service = try allocate(service, old: stored.value, &transaction, context)
            try check(
                metadataErrors(service, stored.value)
                    + strategy.validateUpdate(service, old: stored.value, context), name)
            if isDryRun { return service }
            transaction.operations.insert(.put(stored.key, Document(service)), at: 0)
            if try await commit(transaction) { return service }
        }
    }

    private func metadataErrors(_ service: Value, _ old: Value?) -> [FieldError] {
        if service.name.isEmpty { return [] }
        return MetadataValidation.errors(
            for: service, old: old, isNamespaced: true, nameErrors: strategy.nameErrors(_:isPrefix:))
    }

    func delete(_ name: String) async throws {
        let context = context(isDryRun: false)
        guard let stored = context.snapshot.object(key(name)) else { return }
        var transaction = Transaction()
        var nothing: Value?
        try strategy.allocate(&nothing, old: stored.value, in: &transaction, context)
        transaction.conditions.append(.init(key: stored.key, revision: stored.revision))
        transaction.operations.insert(.delete(stored.key), at: 0)
        _ = try await store.commit(transaction)
    }

    /// The causes of a refusal; empty where there is none.
    func refusal(_ body: () async throws -> Void) async throws -> [String] {
        do {
            try await body()
            return []
        } catch let refusal as Refusal {
            return refusal.causes
        }
    }

    private func allocate(
        _ service: Value, old: Value?, _ transaction: inout Transaction, _ context: StrategyContext
    ) throws -> Value {
        var allocated: Value? = service
        do {
            try strategy.allocate(&allocated, old: old, in: &transaction, context)
        } catch {
            throw Refusal(status: error)
        }
        return allocated ?? service
    }

    private func check(_ errors: [FieldError], _ name: String) throws {
        if errors.isEmpty { return }
        throw Refusal(status: .invalid(group: "", kind: "Service", name: name, errors: errors))
    }

    private func commit(_ transaction: Transaction) async throws -> Bool {
        do {
            _ = try await store.commit(transaction)
            return true
        } catch StorageError.conflict {
            return false
        }
    }

    /// What the books say is held against what the Services show: differences, none if the books balance.
    func imbalance() -> [String] {
        let snapshot = store.current
        var shown: [String: String] = [:]
        var problems: [String] = []
        for object in snapshot.objects(Self.services, namespace: nil, after: nil) {
            let spec = object.value["spec"] ?? [:]
            var held = (spec["clusterIPs"]?.array ?? []).compactMap(\.string).filter { $0 != "None" }
                .compactMap { IPAddress($0)?.description }
            var numbers = (spec["ports"]?.array ?? []).compactMap { $0["nodePort"]?.int }
            numbers.append(spec["healthCheckNodePort"]?.int ?? 0)
            held += Set(numbers.filter { $0 != 0 }).map { String($0) }
            for item in held {
                if let other = shown.updateValue(object.key.name, forKey: item) {
                    problems.append("\(item) is shown by \(object.key.name) and \(other)")
                }
            }
        }
        for resource in [Self.addresses, Self.ports] {
            for claim in snapshot.objects(resource, namespace: nil, after: nil) {
                let owner = claim.value.at("spec", "parentRef", "name")?.string
                if shown.removeValue(forKey: claim.key.name) != owner {
                    problems.append("\(claim.key) belongs to \(owner ?? "nobody"), who does not show it")
                }
            }
        }
        return problems + shown.map { "\($0.key) of \($0.value) has no claim" }
    }
}
