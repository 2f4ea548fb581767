import FairleadAPI
import FairleadIdentity
import FairleadModel
import FairleadStorage
import FairleadWebhooks
import Testing

@testable import FairleadAggregation

@Suite struct AggregatorTests {
    private let store: Store
    private let aggregator: Aggregator

    init() throws {
        store = try Store.open(engine: MemoryEngine())
        let now = Environment.live.now
        let certificate = FrontProxyCertificate(authority: try CertificateAuthority(at: now()), now: now)
        aggregator = Aggregator(store: store, certificate: certificate, pods: nil)
    }

    private func put(_ key: ObjectKey, _ object: Value) async throws {
        var transaction = Transaction()
        transaction.operations.append(.put(key, Document(object)))
        _ = try await store.commit(transaction)
    }

    private func putAPIService(
        _ version: String, service: Value? = ["namespace": "ns", "name": "s", "port": 443], isAvailable: Bool
    )
        async throws
    {
        let name = "\(version).g.example"
        var object: Value = [
            "apiVersion": "apiregistration.k8s.io/v1", "kind": "APIService",
            "metadata": ["name": .string(name), "uid": "u"],
            "spec": [
                "group": "g.example", "version": .string(version), "groupPriorityMinimum": 5, "versionPriority": 6,
            ],
            "status": ["conditions": [["type": "Available", "status": isAvailable ? "True" : "False"]]],
        ]
        object.set(service, at: "spec", "service")
        try await put(ObjectKey(RemoteService.resource, namespace: "", name: name), object)
    }

    private func status(_ path: String) async -> Int? {
        let request = APIRequest(method: .get, path: path)
        switch aggregator.respond(to: request, by: .anonymous, isLong: false) {
        case .response(let answer): return answer.status
        case .longRunning(let work):
            guard case .response(let answer) = await work() else { return nil }
            return answer.status
        default: return nil
        }
    }

    @Test func onlyVersionsWithAServiceArePassedOn() async throws {
        try await putAPIService("v1", service: nil, isAvailable: true)
        try await putAPIService("v2", isAvailable: false)
        try await putAPIService("v3", isAvailable: true)
        #expect(await status("/apis/g.example/v1/things") == nil)
        #expect(await status("/apis/g.example/v2/things") == 503)
        // Its Service is not there.
        #expect(await status("/apis/g.example/v3/things") == 503)
        #expect(await status("/apis/other.example/v3/things") == nil)
        let contents = aggregator.contents()
        #expect(contents.versions.map(\.version) == ["v2", "v3"] && contents.versions.map(\.isFresh) == [false, true])
        #expect(contents.versionPriorities["v1.g.example"] == 6)
        await aggregator.shutdown()
    }

    @Test func aCheckSaysWhyNobodyAnswers() async throws {
        try await putAPIService("v3", isAvailable: true)
        let key = ObjectKey(RemoteService.resource, namespace: "", name: "v3.g.example")
        let object = try #require(store.current.object(key)?.value)
        let why = await aggregator.check(object)
        #expect(
            why == "failing or missing response from https://s.ns.svc:443/apis/g.example/v3: "
                + #"Get "https://s.ns.svc:443/apis/g.example/v3": service "s" not found"#)
        await aggregator.shutdown()
    }

    @Test func limitsAreLeftWithTheirPermits() {
        let limit = CallLimit<String>(perTarget: 2, total: 3)
        var permits = [limit.enter("a"), limit.enter("a")]
        #expect(permits.allSatisfy { $0 != nil } && limit.enter("a") == nil)
        permits.append(limit.enter("b"))
        #expect(limit.enter("c") == nil)
        permits.removeAll()
        #expect(limit.enter("a") != nil)
    }

    @Test func aNewAPIServiceOfTheSameNameIsAskedAnew() throws {
        let catalog = RemoteCatalog()
        func service(_ uid: String) throws -> RemoteService {
            try #require(
                RemoteService([
                    "metadata": ["name": "v1.g", "uid": .string(uid)],
                    "spec": ["group": "g", "version": "v1", "service": ["name": "s", "namespace": "n"]],
                ]))
        }
        catalog.learn(try service("1"), resources: ["resources": []], schema: nil)
        let number = catalog.entry(of: try service("1"))?.number
        let other = catalog.entry(of: try service("2"))
        #expect(number != nil && other == nil)
        catalog.learn(try service("1"), resources: ["resources": []], schema: nil)
        #expect(catalog.entry(of: try service("1"))?.number == number)
        catalog.keep([])
        #expect(catalog.entry(of: try service("1")) == nil)
    }
}
