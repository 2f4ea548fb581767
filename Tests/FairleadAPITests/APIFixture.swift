import HTTPTypes
import FairleadContainers
import FairleadModel
import FairleadSchema
import FairleadStorage
import Synchronization
import Testing

@testable import FairleadAPI
@testable import FairleadKinds
@testable import FairleadDiscovery

/// The API as HTTP sees it over a store in memory, in a world where time stands still and UIDs are counted.
struct APIFixture {
    let store: Store
    let api: API
    let pipeline: Pipeline

    static let configMaps = "/api/v1/namespaces/ns/configmaps"
    static let pods = "/api/v1/namespaces/ns/pods"
    static let deployments = "/apis/apps/v1/namespaces/ns/deployments"
    static let services = "/api/v1/namespaces/ns/services"

    private static let types = Result { try TypeRegistry.builtIn() }

    struct Unanswered: Error {}

    struct Answer {
        var status: Int
        var headers: [(name: String, value: String)]
        var text: String
        var body: Value
        var message: String { body["message"]?.string ?? "" }
        var reason: String { body["reason"]?.string ?? "" }
        var revision: Int64 { body.resourceVersion ?? 0 }
        var names: [String] { (body["items"]?.array ?? []).map(\.name) }
        var continueToken: String { body.at("metadata", "continue")?.string ?? "" }
    }

    /// - Parameter suffixes: what chance gives, in order; the last one for ever.
    init(
        suffixes: [String] = [], ranges: [String] = ["10.96.0.0/16"], operations: OperationsEndpoint? = nil,
        engine: any StorageEngine = MemoryEngine(), pods: (any PodAccess)? = nil
    ) async throws {
        let types = try Self.types.get()
        let counter = Mutex(0)
        let chance = Mutex(suffixes)
        store = try Store.open(engine: engine)
        api = API(
            store: store, types: types,
            kinds: KindRegistry(catalog: CustomKinds(store: store, types: types)),
            configuration: APIConfiguration(serviceClusterIPRanges: ranges.compactMap { CIDR($0) }),
            environment: Environment(
                now: { Timestamp(seconds: 1_700_000_000) },
                newUID: {
                    let number = counter.withLock { count in
                        count += 1
                        return count
                    }
                    return "00000000-0000-4000-8000-" + String(1_000_000_000_000 + number).dropFirst()
                },
                randomSuffix: { length in
                    let text = chance.withLock { $0.count > 1 ? $0.removeFirst() : $0.first ?? "" }
                    if text.isEmpty { return Environment.live.randomSuffix(length) }
                    return String(String(repeating: text, count: length).prefix(length))
                }))
        pipeline = Pipeline(
            api: api, documents: DiscoveryEndpoint(kinds: api.kinds, registry: types),
            operations: operations ?? OperationsEndpoint(live: [], ready: [], metrics: { "" }),
            podLogs: { _, _, _ in ["first", "second"] }, pods: pods,
            nodePages: { node, request in request.path == "/where" ? .text(200, node) : nil })
        for name in ["default", "ns"] {
            let namespace: Value = [
                "kind": "Namespace", "apiVersion": "v1", "metadata": ["name": .string(name)],
                "spec": ["finalizers": ["kubernetes"]], "status": ["phase": "Active"],
            ]
            try await put("namespaces", namespace)
        }
        try await put(
            "serviceaccounts",
            ["kind": "ServiceAccount", "apiVersion": "v1", "metadata": ["name": "default", "namespace": "ns"]])
    }

    private func put(_ resource: String, _ object: Value) async throws {
        let key = ObjectKey(
            GroupResource(group: "", resource: resource), namespace: object.namespace, name: object.name)
        _ = try await store.commit(Transaction(conditions: [], operations: [.put(key, Document(object))]))
    }

    func kind(_ resource: String, group: String = "") throws -> Kind {
        try #require(api.kinds.kind(GroupVersionResource(group: group, version: "v1", resource: resource)))
    }

    func key(_ name: String, _ resource: String = "configmaps") -> ObjectKey {
        ObjectKey(GroupResource(group: "", resource: resource), namespace: "ns", name: name)
    }

    // MARK: - requests

    static func request(
        _ method: String, _ path: String, _ query: String = "", body: Value? = nil, type: String = "application/json",
        accept: String? = nil
    ) -> APIRequest {
        let pairs = query.split(separator: "&").map { pair -> (name: String, value: String) in
            let parts = pair.split(separator: "=", maxSplits: 1, omittingEmptySubsequences: false).map(String.init)
            return (parts[0].removingPercentEscapes, parts.count > 1 ? parts[1].removingPercentEscapes : "")
        }
        var headers = [(name: "Content-Type", value: type)]
        if let accept { headers.append((name: "Accept", value: accept)) }
        return APIRequest(
            method: HTTPRequest.Method(rawValue: method)!, path: path, query: pairs, headers: headers,
            body: body?.jsonBytes ?? [])
    }

    @discardableResult
    func send(
        _ method: String, _ path: String, _ query: String = "", body: Value? = nil, type: String? = nil
    ) async throws -> Answer {
        let type = type ?? (method == "PATCH" ? "application/merge-patch+json" : "application/json")
        return try await finish(pipeline.handle(Self.request(method, path, query, body: body, type: type)))
    }

    func finish(_ outcome: APIOutcome) async throws -> Answer {
        switch outcome {
        case .deferred(let work), .computed(let work), .longRunning(let work): return try await finish(work())
        case .session: throw Unanswered()
        case .stream(let stream, let contentType, let headers):
            guard stream.isLongAnswer else { throw Unanswered() }
            var body: [[UInt8]] = []
            while true {
                switch stream.pull(maximumBytes: 1000) {
                case .data(let pieces): body += pieces
                case .wait: throw Unanswered()
                case .end(let pieces):
                    return try await finish(
                        .response(
                            APIResponse(
                                status: 200, contentType: contentType, headers: headers, body: body + pieces)))
                }
            }
        case .response(let response):
            let bytes = response.body.flatMap { $0 }
            return Answer(
                status: response.status, headers: response.headers, text: String(decoding: bytes, as: UTF8.self),
                body: (try? JSON.parse(bytes).value) ?? .null)
        }
    }

    @discardableResult
    func createConfigMap(_ name: String, labels: [String: String] = [:], finalizers: [String] = []) async throws
        -> Answer
    {
        var object: Value = ["metadata": ["name": .string(name)]]
        if !labels.isEmpty { object.set(Value(labels), at: "metadata", "labels") }
        if !finalizers.isEmpty { object.set(.array(finalizers.map { .string($0) }), at: "metadata", "finalizers") }
        let answer = try await send("POST", Self.configMaps, body: object)
        #expect(answer.status == 201, "\(answer.message)")
        return answer
    }

    @discardableResult
    func createPod(_ name: String, node: String? = nil) async throws -> Answer {
        var object: Value = [
            "metadata": ["name": .string(name)], "spec": ["containers": [["name": "c", "image": "nginx"]]],
        ]
        if let node { object.set(.string(node), at: "spec", "nodeName") }
        let answer = try await send("POST", Self.pods, body: object)
        #expect(answer.status == 201, "\(answer.message)")
        return answer
    }

    func createNode(_ name: String) async throws {
        let answer = try await send("POST", "/api/v1/nodes", body: ["metadata": ["name": .string(name)]])
        #expect(answer.status == 201, "\(answer.message)")
    }

    /// How often somebody is woken while `body` runs.
    func wakes(_ resource: String, _ body: () async throws -> Void) async rethrows -> Int {
        let count = Tally()
        let subscription = store.subscribe(GroupResource(group: "", resource: resource)) { count.raise() }
        defer { subscription.cancel() }
        try await body()
        return count.value
    }
}

/// A counter that may be raised from any thread.
final class Tally: Sendable {
    private let count = Atomic<Int>(0)
    func raise() { count.wrappingAdd(1, ordering: .relaxed) }
    var value: Int { count.load(ordering: .relaxed) }
}
