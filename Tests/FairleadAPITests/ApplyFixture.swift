import FairleadModel
import FairleadRandomTesting
import FairleadSchema
import FairleadStorage
import Synchronization
import Testing

@testable import FairleadAPI
@testable import FairleadKinds

/// An API over a store in memory, with a namespace `ns` and a clock that goes on one second with every look.
struct ApplyFixture {
    let api: API

    init() async throws {
        let clock = Clock()
        let base = Environment.repeatable(seed: 3)
        let environment = Environment(
            now: { clock.next() }, newUID: base.newUID, randomSuffix: base.randomSuffix)
        let kinds = KindRegistry()
        api = API(
            store: try Store.open(engine: MemoryEngine()), types: try TypeRegistry.builtIn(), kinds: kinds,
            configuration: APIConfiguration(
                serviceClusterIPRanges: ["10.96.0.0/16"].compactMap { CIDR($0) }, nodePortRange: 30000...32767),
            environment: environment)
        let namespace = try kind("namespaces")
        _ = try await api.create(
            namespace, namespace: "", try api.normalized(["metadata": ["name": "ns"]], as: namespace))
    }

    private final class Clock: Sendable {
        private let seconds = Mutex<Int64>(1_700_000_000)
        func next() -> Timestamp {
            seconds.withLock { seconds in
                seconds += 1
                return Timestamp(seconds: seconds)
            }
        }
    }

    func kind(_ resource: String, group: String = "") throws -> Kind {
        try #require(api.kinds.kind(GroupVersionResource(group: group, version: "v1", resource: resource)))
    }

    /// Applies to `name` what `fields` says, kind and name filled in.
    @discardableResult
    func apply(
        _ kind: Kind, _ name: String, _ fields: Value, manager: String, force: Bool = false, subresource: String? = nil
    ) async throws -> Value {
        var body = fields
        body["kind"] = .string(kind.info.kind)
        body["apiVersion"] = .string(kind.apiVersion)
        body.set(.string(name), at: "metadata", "name")
        var options = WriteOptions(fieldManager: manager)
        options.force = force
        let request = APIRequest(method: .patch, path: "", body: body.jsonBytes)
        return try await api.apply(
            kind, namespace: "ns", name: name, try ApplyRequest(request),
            scope: subresource.map { .subresource($0) } ?? .main, options: options
        ).object
    }

    @discardableResult
    func put(_ kind: Kind, _ name: String, _ fields: Value, manager: String) async throws -> Value {
        var body = fields
        body.set(.string(name), at: "metadata", "name")
        let object = try api.normalized(body, as: kind)
        let options = WriteOptions(fieldManager: manager)
        if api.store.current.object(kind.key(namespace: "ns", name: name)) == nil {
            return try await api.create(kind, namespace: "ns", object, options: options).object
        }
        return try await api.update(kind, namespace: "ns", name: name, object, options: options).object
    }

    /// `manager operation subresource: fields` of every entry.
    static func owners(_ object: Value) -> [String] {
        (object.at("metadata", "managedFields")?.array ?? []).map { entry in
            let names = ["manager", "operation", "subresource"].compactMap { entry[$0]?.string }
            return names.joined(separator: " ") + ": " + (entry["fieldsV1"] ?? .null).jsonText
        }
    }
}
