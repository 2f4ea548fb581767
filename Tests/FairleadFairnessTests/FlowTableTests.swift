import FairleadAuthorization
import FairleadModel
import FairleadStorage
import Testing

@testable import FairleadFairness

/// Which schema decides about a request.
struct FlowTableTests {
    private static func put(_ resource: GroupResource, _ name: String, _ spec: Value, in store: Store) async throws {
        let object: Value = ["metadata": ["name": .string(name), "uid": .string("uid-of-\(name)")], "spec": spec]
        _ = try await store.commit(
            Transaction(
                conditions: [],
                operations: [.put(ObjectKey(resource, namespace: "", name: name), Document(object))]))
    }

    private static func schema(
        _ precedence: Int64, _ level: String, _ subject: Value, resources: [Value] = [], paths: [Value] = [],
        by: String? = nil
    ) -> Value {
        var spec: Value = [
            "matchingPrecedence": .int(precedence), "priorityLevelConfiguration": ["name": .string(level)],
            "rules": [
                ["subjects": [subject], "resourceRules": .array(resources), "nonResourceRules": .array(paths)]
            ],
        ]
        if let by { spec["distinguisherMethod"] = ["type": .string(by)] }
        return spec
    }

    private static func rule(
        _ verbs: [Value], _ groups: [Value], _ resources: [Value], namespaces: [Value] = [], isCluster: Bool = false
    ) -> Value {
        [
            "verbs": .array(verbs), "apiGroups": .array(groups), "resources": .array(resources),
            "namespaces": .array(namespaces), "clusterScope": .bool(isCluster),
        ]
    }

    private static func store() async throws -> Store {
        let store = try Store.open(engine: MemoryEngine())
        for name in ["one", "two"] {
            let level: Value = ["type": "Limited", "limited": ["nominalConcurrencyShares": 10]]
            try await put(FlowTable.levels, name, level, in: store)
        }
        let bob: Value = ["kind": "User", "user": ["name": "bob"]]
        let devs: Value = ["kind": "Group", "group": ["name": "devs"]]
        let account: Value = ["kind": "ServiceAccount", "serviceAccount": ["namespace": "kube-system", "name": "*"]]
        let everybody: Value = ["kind": "Group", "group": ["name": "*"]]
        try await put(
            FlowTable.schemas, "pods-of-bob",
            schema(
                10, "one", bob,
                resources: [rule(["get", "list"], [""], ["pods", "pods/status"], namespaces: ["ns"])], by: "ByUser"),
            in: store)
        try await put(
            FlowTable.schemas, "accounts",
            schema(20, "one", account, resources: [rule(["*"], ["*"], ["*"], namespaces: ["*"], isCluster: true)]),
            in: store)
        try await put(
            FlowTable.schemas, "a-devs",
            schema(
                30, "two", devs, resources: [rule(["*"], ["apps"], ["*"], namespaces: ["*"])],
                paths: [["verbs": ["get"], "nonResourceURLs": ["/metrics", "/debug/*"]]], by: "ByNamespace"),
            in: store)
        try await put(
            FlowTable.schemas, "dangling",
            schema(5, "nowhere", everybody, resources: [rule(["*"], ["*"], ["*"], namespaces: ["*"])]), in: store)
        return store
    }

    private static func resource(
        _ verb: String, _ group: String, _ resource: String, _ subresource: String = "", in namespace: String
    ) -> (UserInfo) -> AccessAttributes {
        { user in
            AccessAttributes(
                user: user, verb: verb,
                AccessAttributes.Resource(
                    group: group, resource: resource, subresource: subresource, namespace: namespace))
        }
    }

    private static func found(_ user: UserInfo, _ wanted: (UserInfo) -> AccessAttributes) async throws -> String {
        let table = FlowTable(try await store().current)
        return table.entry(for: user) { wanted(user) }.schema.name
    }

    @Test func theLowestPrecedenceThatMatchesDecides() async throws {
        let bob = UserInfo(name: "bob", groups: ["devs"])
        let pods = Self.resource("get", "", "pods", in: "ns")
        #expect(try await Self.found(bob, pods) == "pods-of-bob")
        #expect(try await Self.found(bob, Self.resource("get", "", "pods", "status", in: "ns")) == "pods-of-bob")
        #expect(try await Self.found(bob, Self.resource("get", "", "pods", "log", in: "ns")) == "catch-all")
        #expect(try await Self.found(bob, Self.resource("create", "", "pods", in: "ns")) == "catch-all")
        #expect(try await Self.found(bob, Self.resource("get", "", "pods", in: "other")) == "catch-all")
        #expect(try await Self.found(bob, Self.resource("list", "", "pods", in: "")) == "catch-all")
        #expect(try await Self.found(bob, Self.resource("get", "apps", "deployments", in: "x")) == "a-devs")
        #expect(try await Self.found(UserInfo(name: "eve"), pods) == "catch-all")
    }

    @Test func mastersAreExemptWhateverTheyAsk() async throws {
        let root = UserInfo(name: "root", groups: ["system:masters"])
        let table = FlowTable(try await Self.store().current)
        // What they ask is not even looked at.
        let entry = table.entry(for: root) {
            Issue.record("looked at")
            return AccessAttributes(user: root, verb: "get", path: "/")
        }
        #expect(entry.schema.name == "exempt")
        #expect(entry.level.isExempt)
    }

    @Test func serviceAccountsAndPaths() async throws {
        let account = UserInfo(name: "system:serviceaccount:kube-system:job-controller")
        #expect(try await Self.found(account, Self.resource("create", "", "pods", in: "")) == "accounts")
        let other = UserInfo(name: "system:serviceaccount:kube-systems:job-controller")
        #expect(try await Self.found(other, Self.resource("create", "", "pods", in: "")) == "catch-all")
        let dev = UserInfo(name: "ann", groups: ["devs"])
        for (path, schema) in [
            ("/metrics", "a-devs"), ("/debug/x", "a-devs"), ("/debug", "catch-all"), ("/metrics/x", "catch-all"),
        ] {
            let name = try await Self.found(dev) { AccessAttributes(user: $0, verb: "get", path: path) }
            #expect(name == schema, "\(path)")
        }
    }

    @Test func flowsAreToldApartByUserOrNamespace() async throws {
        let table = FlowTable(try await Self.store().current)
        let bob = UserInfo(name: "bob", groups: ["devs"])
        let wanted = Self.resource("get", "apps", "deployments", in: "blue")(bob)
        func flow(_ name: String) throws -> String {
            try #require(table.entries.first { $0.schema.name == name }).schema.flow(bob) { wanted }
        }
        #expect(try flow("pods-of-bob") == "bob")
        #expect(try flow("a-devs") == "blue")
        #expect(try flow("accounts").isEmpty)
    }

    @Test func schemasWithoutTheirLevelDoNotCount() async throws {
        let store = try await Self.store()
        #expect(!FlowTable(store.current).entries.contains { $0.schema.name == "dangling" })
        let level: Value = ["type": "Limited", "limited": ["nominalConcurrencyShares": 10]]
        try await Self.put(FlowTable.levels, "nowhere", level, in: store)
        #expect(FlowTable(store.current).entries.contains { $0.schema.name == "dangling" })
    }

    @Test func answersNameTheSchemaAndTheLevel() async throws {
        let table = FlowTable(try await Self.store().current)
        let entry = try #require(table.entries.first { $0.schema.name == "accounts" })
        #expect(
            entry.headers.fields.map { "\($0.name): \($0.value)" } == [
                "X-Kubernetes-PF-FlowSchema-UID: uid-of-accounts", "X-Kubernetes-PF-PriorityLevel-UID: uid-of-one",
            ])
    }

    @Test func valuesBeyondAllReasonAreBounded() {
        let huge: Value = .int(.max)
        let level = LevelLimits([
            "metadata": ["name": "x"],
            "spec": [
                "type": "Limited",
                "limited": [
                    "nominalConcurrencyShares": huge, "lendablePercent": huge, "borrowingLimitPercent": huge,
                    "limitResponse": [
                        "type": "Queue", "queuing": ["queues": huge, "handSize": huge, "queueLengthLimit": huge],
                    ],
                ],
            ],
        ])
        var book = SeatBook(seats: 600)
        let numbers = book.set([level]).numbers
        #expect(numbers.count == 1)
        for flow in 0..<1000 { _ = book.enter(level: numbers["x"] ?? 0, flow: UInt64(flow) &* 0x9E37_79B9_7F4A_7C15) }
        #expect(book.figures.first?.waiting == 400)
    }
}
