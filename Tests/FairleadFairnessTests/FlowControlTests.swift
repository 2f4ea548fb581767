import FairleadAPI
import FairleadKinds
import FairleadModel
import FairleadSchema
import FairleadStorage
import Testing

@testable import FairleadFairness

/// The stage in front of a real pipeline.
struct FlowControlTests {
    /// The user is whom the header says.
    private struct ByHeader: Authenticator {
        func user(of request: APIRequest) -> UserInfo {
            let name = request.header("User") ?? "nobody"
            return UserInfo(name: name, groups: name == "root" ? [UserInfo.mastersGroup] : ["system:authenticated"])
        }
    }

    private struct Server {
        let store: Store
        let control: FlowControl
        let pipeline: Pipeline

        /// - Parameter seats: all of them belong to the level `few`, which everybody has.
        init(seats: Int, queues: Int? = nil, longestWait: Duration = .seconds(600)) async throws {
            store = try Store.open(engine: MemoryEngine())
            let types = try TypeRegistry.builtIn()
            let api = API(
                store: store, types: types, kinds: KindRegistry(catalog: CustomKinds(store: store, types: types)),
                configuration: APIConfiguration(serviceClusterIPRanges: []), environment: .live)
            control = FlowControl(store: store, seats: seats, longestWait: longestWait)
            pipeline = Pipeline(api: api, limiter: control, authenticator: ByHeader())
            var response: Value = ["type": "Reject"]
            if let queues {
                response = [
                    "type": "Queue",
                    "queuing": ["queues": .int(Int64(queues)), "handSize": 1, "queueLengthLimit": 2],
                ]
            }
            try await put(
                FlowTable.levels, "catch-all", ["type": "Limited", "limited": ["nominalConcurrencyShares": 0]])
            try await put(
                FlowTable.levels, "few",
                ["type": "Limited", "limited": ["nominalConcurrencyShares": 1, "limitResponse": response]])
            try await put(
                FlowTable.schemas, "all",
                [
                    "matchingPrecedence": 100, "priorityLevelConfiguration": ["name": "few"],
                    "distinguisherMethod": ["type": "ByUser"],
                    "rules": [
                        [
                            "subjects": [["kind": "Group", "group": ["name": "system:authenticated"]]],
                            "resourceRules": [
                                [
                                    "verbs": ["*"], "apiGroups": ["*"], "resources": ["*"], "namespaces": ["*"],
                                    "clusterScope": true,
                                ]
                            ],
                        ]
                    ],
                ])
            try await put(GroupResource(group: "", resource: "namespaces"), "ns", [:])
        }

        func put(_ resource: GroupResource, _ name: String, _ spec: Value) async throws {
            let object: Value = [
                "metadata": ["name": .string(name), "uid": .string("uid-\(name)")], "spec": spec,
            ]
            _ = try await store.commit(
                Transaction(
                    conditions: [],
                    operations: [.put(ObjectKey(resource, namespace: "", name: name), Document(object))]))
        }

        func get(_ user: String = "bob") -> APIOutcome {
            pipeline.handle(
                APIRequest(
                    method: .get, path: "/api/v1/namespaces/ns/configmaps/none",
                    headers: [(name: "User", value: user)]))
        }

        /// A request that keeps its seat until the outcome is carried out, or forgotten.
        func begin(_ user: String = "bob", named name: String = "a") -> APIOutcome {
            pipeline.handle(
                APIRequest(
                    method: .post, path: "/api/v1/namespaces/ns/configmaps",
                    headers: [(name: "User", value: user), (name: "Content-Type", value: "application/json")],
                    body: Array(#"{"metadata":{"name":"\#(name)"}}"#.utf8)))
        }
    }

    private static func finish(_ outcome: APIOutcome) async -> APIResponse? {
        switch outcome {
        case .response(let response): response
        case .deferred(let work), .computed(let work), .longRunning(let work): await finish(await work())
        case .stream, .session: nil
        }
    }

    private static func status(_ outcome: APIOutcome) -> Int? {
        if case .response(let response) = outcome { return response.status }
        return nil
    }

    @Test func whatIsTooMuchIs429WithTheHeaders() async throws {
        let server = try await Server(seats: 1)
        let held = server.begin()
        guard case .response(let refused) = server.get() else { throw Unexpected() }
        #expect(refused.status == 429)
        #expect(
            String(decoding: refused.body.joined(), as: UTF8.self) == "Too many requests, please try again later.\n")
        let headers = Dictionary(refused.allHeaders.map { ($0.name, $0.value) }) { first, _ in first }
        #expect(headers["Retry-After"] == "1")
        #expect(headers["X-Kubernetes-PF-FlowSchema-UID"] == "uid-all")
        #expect(headers["X-Kubernetes-PF-PriorityLevel-UID"] == "uid-few")
        // The exempt are not counted.
        #expect(Self.status(server.get("root")) == 404)
        #expect(await Self.finish(held)?.status == 201)
        #expect(Self.status(server.get()) == 404)
    }

    private struct Unexpected: Error {}

    @Test func aForgottenRequestGivesItsSeatBack() async throws {
        let server = try await Server(seats: 1)
        do {
            let held = server.begin()
            #expect(Self.status(server.get()) == 429)
            withExtendedLifetime(held) {}
        }
        #expect(Self.status(server.get()) == 404)
    }

    @Test func whoWaitsIsServedWhenASeatIsFree() async throws {
        let server = try await Server(seats: 1, queues: 1)
        let held = server.begin()
        let waiting = server.get()
        guard case .deferred = waiting else { throw Unexpected() }
        async let answer = Self.finish(waiting)
        #expect(await Self.finish(held)?.status == 201)
        #expect(await answer?.status == 404)
        let sample = server.control.samples.first {
            $0.name.hasSuffix("dispatched_requests_total") && $0.labels.contains { $0 == ("flow_schema", "all") }
        }
        #expect(sample?.value == 2)
    }

    @Test func whoWaitsTooLongIsRefused() async throws {
        let server = try await Server(seats: 1, queues: 1, longestWait: .milliseconds(1))
        let held = server.begin()
        #expect(await Self.finish(server.get())?.status == 429)
        withExtendedLifetime(held) {}
        let sample = server.control.samples.first { $0.labels.contains { $0 == ("reason", "time-out") } }
        #expect(sample?.value == 1)
    }

    @Test func aForgottenPlaceIsGivenUp() async throws {
        let server = try await Server(seats: 1, queues: 1)
        let held = server.begin()
        do {
            let waiting = [server.get(), server.get()]
            #expect(Self.status(server.get()) == 429)
            withExtendedLifetime(waiting) {}
        }
        guard case .deferred = server.get() else { throw Unexpected() }
        withExtendedLifetime(held) {}
    }

    @Test func changesCountAtOnce() async throws {
        let server = try await Server(seats: 1)
        let held = server.begin()
        #expect(Self.status(server.get()) == 429)
        try await server.put(FlowTable.levels, "few", ["type": "Exempt"])
        #expect(Self.status(server.get()) == 404)
        withExtendedLifetime(held) {}
    }

    @Test func watchesCountOnlyWhileTheyBegin() async throws {
        let server = try await Server(seats: 1)
        let watch = server.pipeline.handle(
            APIRequest(
                method: .get, path: "/api/v1/namespaces/ns/configmaps", query: [(name: "watch", value: "1")],
                headers: [(name: "User", value: "bob")]))
        guard case .stream(let stream, _, _) = watch else { throw Unexpected() }
        #expect(Self.status(server.get()) == 404)
        stream.cancel()
    }

    @Test func withoutFairnessReadsAndWritesHaveALimitEach() async throws {
        let server = try await Server(seats: 1)
        let types = try TypeRegistry.builtIn()
        let api = API(
            store: server.store, types: types,
            kinds: KindRegistry(catalog: CustomKinds(store: server.store, types: types)),
            configuration: APIConfiguration(serviceClusterIPRanges: []), environment: .live)
        let pipeline = Pipeline(api: api, limiter: InflightLimits(reads: 0, writes: 1), authenticator: ByHeader())
        func write(_ user: String, _ name: String) -> APIOutcome {
            pipeline.handle(
                APIRequest(
                    method: .post, path: "/api/v1/namespaces/ns/configmaps",
                    headers: [(name: "User", value: user), (name: "Content-Type", value: "application/json")],
                    body: Array(#"{"metadata":{"name":"\#(name)"}}"#.utf8)))
        }
        do {
            let held = write("bob", "a")
            #expect(Self.status(write("eve", "b")) == 429)
            #expect(Self.status(write("root", "c")) == nil)
            #expect(await Self.finish(held)?.status == 201)
        }
        #expect(await Self.finish(write("eve", "b"))?.status == 201)
    }
}
