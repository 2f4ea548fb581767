import FairleadModel
import FairleadSchema
import FairleadStorage
import Testing

@testable import FairleadAPI
@testable import FairleadKinds
@testable import FairleadMerge

struct CustomResourceTests {
    private static let definitions = "/apis/apiextensions.k8s.io/v1/customresourcedefinitions"
    static let things = "/apis/example.com/v1/namespaces/ns/things"
    private static let anything: Value = ["type": "object", "x-kubernetes-preserve-unknown-fields": true]

    private func definition(_ schema: Value, extra: Value = [:]) -> Value {
        var version: Value = [
            "name": "v1", "served": true, "storage": true, "schema": ["openAPIV3Schema": schema],
        ]
        for (key, value) in extra.object ?? Object() { version[key] = value }
        return [
            "metadata": ["name": "things.example.com"],
            "spec": [
                "group": "example.com", "scope": "Namespaced", "names": ["plural": "things", "kind": "Thing"],
                "versions": [version],
            ],
        ]
    }

    /// What the naming controller does.
    private func establish(_ fixture: APIFixture) async throws {
        let status: Value = [
            "status": [
                "acceptedNames": [
                    "plural": "things", "kind": "Thing", "listKind": "ThingList", "singular": "thing",
                ],
                "conditions": [
                    [
                        "type": "Established", "status": "True", "reason": "InitialNamesAccepted", "message": "",
                        "lastTransitionTime": "2026-01-01T00:00:00Z",
                    ]
                ],
            ]
        ]
        let answer = try await fixture.send("PATCH", Self.definitions + "/things.example.com/status", body: status)
        #expect(answer.status == 200, "\(answer.message)")
    }

    func fixture(_ schema: Value = anything, extra: Value = [:]) async throws -> APIFixture {
        let fixture = try await APIFixture()
        let created = try await fixture.send("POST", Self.definitions, body: definition(schema, extra: extra))
        #expect(created.status == 201, "\(created.message)")
        try await establish(fixture)
        return fixture
    }

    private func thing(_ name: String, _ spec: Value = [:]) -> Value {
        ["apiVersion": "example.com/v1", "kind": "Thing", "metadata": ["name": .string(name)], "spec": spec]
    }

    @Test func aKindIsServedByTheRequestThatFollowsItsEstablishment() async throws {
        let fixture = try await APIFixture()
        try await fixture.send("POST", Self.definitions, body: definition(Self.anything))
        #expect(try await fixture.send("GET", Self.things).text == "404 page not found\n")
        try await establish(fixture)
        #expect(try await fixture.send("GET", Self.things).status == 200)
        #expect(try await fixture.send("POST", Self.things, body: thing("t")).status == 201)
        let groups = try await fixture.send("GET", "/apis").body["groups"]?.array ?? []
        #expect(groups.contains { $0["name"] == "example.com" })
        let document = try await fixture.send("GET", "/openapi/v3/apis/example.com/v1").body
        #expect(document.at("components", "schemas", "com.example.v1.Thing") != nil)
    }

    @Test func aCatalogOverAnOldStoreKnowsItsKinds() async throws {
        let fixture = try await fixture()
        let catalog = CustomKinds(store: fixture.store, types: fixture.api.types)
        let resource = GroupVersionResource(group: "example.com", version: "v1", resource: "things")
        #expect(catalog.current.served[resource] != nil)
    }

    @Test func aDefinitionThatIsDeletedTakesNoNewObjects() async throws {
        let fixture = try await fixture()
        try await fixture.send("POST", Self.things, body: thing("t"))
        let deleted = try await fixture.send("DELETE", Self.definitions + "/things.example.com")
        #expect(deleted.body.finalizers == ["customresourcecleanup.apiextensions.k8s.io"])
        let refused = try await fixture.send("POST", Self.things, body: thing("u"))
        #expect(refused.status == 403)
        #expect(
            refused.message
                == "things.example.com \"u\" is forbidden: create not allowed while custom resource definition is terminating"
        )
        #expect(try await fixture.send("GET", Self.things).names == ["t"])
    }

    @Test func aWatchEndsWhenItsDefinitionChanges() async throws {
        let fixture = try await fixture()
        try await fixture.send("GET", Self.things)  // the definition is read
        guard
            case .stream(let stream, _, _) = fixture.pipeline.handle(APIFixture.request("GET", Self.things, "watch=1"))
        else {
            Issue.record("no stream")
            return
        }
        try await fixture.send("POST", Self.things, body: thing("t"))
        guard case .data = stream.pull(maximumBytes: 1 << 20) else {
            Issue.record("no event")
            return
        }
        let change: Value = ["spec": ["names": ["categories": ["all"]]]]
        try await fixture.send("PATCH", Self.definitions + "/things.example.com", body: change)
        try await fixture.send("GET", Self.things)
        guard case .end = stream.pull(maximumBytes: 1 << 20) else {
            Issue.record("the watch goes on")
            return
        }
    }

    @Test func everyVersionShowsEveryObjectAndOneIsStored() async throws {
        let fixture = try await APIFixture()
        var object = definition(Self.anything)
        let schema: Value = ["openAPIV3Schema": Self.anything]
        let versions: Value = [
            ["name": "v1", "served": true, "storage": false, "schema": schema],
            ["name": "v2", "served": true, "storage": true, "schema": schema],
        ]
        object.set(versions, at: "spec", "versions")
        try await fixture.send("POST", Self.definitions, body: object)
        try await establish(fixture)
        #expect(try await fixture.send("POST", Self.things, body: thing("t")).body.apiVersion == "example.com/v1")
        let key = ObjectKey(GroupResource(group: "example.com", resource: "things"), namespace: "ns", name: "t")
        #expect(fixture.store.current.object(key)?.value.apiVersion == "example.com/v2")
        let other = Self.things.replacing("v1", with: "v2")
        #expect(try await fixture.send("GET", other + "/t").body.apiVersion == "example.com/v2")
        let items = try await fixture.send("GET", Self.things).body["items"]?.array ?? []
        #expect(items.map(\.apiVersion) == ["example.com/v1"])
    }

    @Test func aNewDefaultShowsOnOldObjectsWithoutAWrite() async throws {
        func schema(_ properties: Value) -> Value {
            ["type": "object", "properties": ["spec": ["type": "object", "properties": properties]]]
        }
        let fixture = try await fixture(schema(["a": ["type": "string"]]))
        let created = try await fixture.send("POST", Self.things, body: thing("t", ["a": "x"]))
        let path = Self.definitions + "/things.example.com"
        var changed = try await fixture.send("GET", path).body
        let properties: Value = ["a": ["type": "string"], "b": ["type": "integer", "default": 7]]
        changed.set(
            [
                [
                    "name": "v1", "served": true, "storage": true,
                    "schema": ["openAPIV3Schema": schema(properties)],
                ]
            ], at: "spec", "versions")
        #expect(try await fixture.send("PUT", path, body: changed).status == 200)
        let read = try await fixture.send("GET", Self.things + "/t")
        #expect(read.body["spec"] == ["a": "x", "b": 7])
        #expect(read.revision == created.revision)
    }

    @Test func withoutAStatusSubresourceEveryChangeRaisesTheGeneration() async throws {
        let plain = try await fixture()
        try await plain.send("POST", Self.things, body: thing("t"))
        #expect(try await plain.send("PATCH", Self.things + "/t", body: ["status": ["a": 1]]).body.generation == 2)
        #expect(
            try await plain.send("PATCH", Self.things + "/t", body: ["metadata": ["labels": ["a": "b"]]]).body
                .generation
                == 2)
        let split = try await fixture(Self.anything, extra: ["subresources": ["status": [:]]])
        try await split.send("POST", Self.things, body: thing("t"))
        let changed = try await split.send("PATCH", Self.things + "/t/status", body: ["status": ["a": 1]])
        #expect(changed.body["status"] == ["a": 1] && changed.body.generation == 1)
        #expect(
            try await split.send("PATCH", Self.things + "/t", body: ["status": ["a": 2]]).revision == changed.revision)
    }

    @Test func columnsArePrintedByTheirType() async throws {
        let column: (String, String, String) -> Value = { name, type, path in
            ["name": .string(name), "type": .string(type), "jsonPath": .string(path)]
        }
        let fixture = try await fixture(
            Self.anything,
            extra: [
                "additionalPrinterColumns": [
                    column("A", "string", ".spec.n"), column("B", "integer", ".spec.s"), column("C", "date", ".spec.s"),
                    column("D", "string", ".spec.l[*]"), column("E", "string", ".spec.l"),
                    column("F", "integer", ".spec.n"),
                ]
            ])
        try await fixture.send("POST", Self.things, body: thing("t", ["n": 1, "s": "x", "l": ["p", "q"]]))
        let request = APIFixture.request(
            "GET", Self.things, accept: "application/json;as=Table;v=v1;g=meta.k8s.io")
        let table = try await fixture.finish(fixture.pipeline.handle(request)).body
        let cells = table["rows"]?.array?.first?["cells"]
        #expect(cells == ["t", "1", .null, "<invalid>", "p", "[\"p\",\"q\"]", 1])
    }

    @Test func whatADefinitionMakesLongIsAnsweredElsewhere() async throws {
        let table = "application/json;as=Table;v=v1;g=meta.k8s.io"
        let columns: Value = .array(
            (0..<100).map { ["name": .string("c\($0)"), "type": "string", "jsonPath": "..missing"] })
        func schema(_ spec: Value) -> Value { ["type": "object", "properties": ["spec": spec]] }
        let list: Value = [
            "type": "array", "default": .array(Array(repeating: [:], count: 100)),
            "items": [
                "type": "object", "properties": ["a": ["type": "string", "default": "x"]],
            ],
        ]
        let many: Value = .array((0..<1000).map { ["maxLength": .int($0)] })
        let cases: [(schema: Value, extra: Value, writes: Bool, reads: Bool, prints: Bool)] = [
            (Self.anything, [:], false, false, false),
            (Self.anything, ["additionalPrinterColumns": columns], false, false, true),
            (
                schema(["type": "object", "properties": ["a": ["type": "string", "not": ["anyOf": many]]]]), [:], true,
                false, false
            ),
            (schema(["type": "object", "default": [:], "properties": ["l": list]]), [:], true, true, true),
            (
                schema(["type": "object", "properties": ["a": ["type": "string", "allOf": [["pattern": "^a"]]]]]), [:],
                true, false, false
            ),
        ]
        for (number, item) in cases.enumerated() {
            let fixture = try await fixture(item.schema, extra: item.extra)
            let created = try await fixture.send("POST", Self.things, body: thing("t"))
            #expect(created.status == 201, "\(number): \(created.message)")
            func isComputed(_ method: String, _ path: String, _ body: Value? = nil, accept: String? = nil) -> Bool {
                let request = APIFixture.request(method, path, body: body, accept: accept)
                if case .computed = fixture.pipeline.handle(request) { return true }
                return false
            }
            #expect(isComputed("POST", Self.things, thing("u")) == item.writes, "\(number)")
            #expect(isComputed("POST", Self.things, thing("v"), accept: table) == (item.writes || item.prints))
            for path in [Self.things, Self.things + "/t"] {
                #expect(isComputed("GET", path) == item.reads, "\(number)")
                #expect(isComputed("GET", path, accept: table) == item.prints, "\(number)")
            }
        }
    }

    @Test func cellsThatWouldTakeTooLongSaySo() async throws {
        let column: (String, String) -> Value = { name, path in
            ["name": .string(name), "type": "string", "jsonPath": .string(path)]
        }
        let descents = String(repeating: "..a", count: 6)
        let fixture = try await fixture(
            Self.anything,
            extra: [
                "additionalPrinterColumns": [column("A", ".kind"), column("B", descents + ".b"), column("C", ".kind")]
            ]
        )
        let nested = (0..<150).reduce(Value.int(1)) { value, _ in ["a": value] }
        try await fixture.send("POST", Self.things, body: thing("t", nested))
        let request = APIFixture.request(
            "GET", Self.things, accept: "application/json;as=Table;v=v1;g=meta.k8s.io")
        let body = try await fixture.finish(fixture.pipeline.handle(request)).body
        let cells = body["rows"]?.array?.first?["cells"]
        #expect(cells == ["t", "Thing", "<too much to print>", "<too much to print>"])
    }

    @Test func pathsOfColumnsAreBounded() async throws {
        let fixture = try await APIFixture()
        let path = ".a" + String(repeating: "[?(@", count: 50_000) + String(repeating: ")]", count: 50_000)
        let columns: Value = [["name": "c", "type": "string", "jsonPath": .string(path)]]
        let answer = try await fixture.send(
            "POST", Self.definitions,
            body: definition(
                Self.anything,
                extra: ["additionalPrinterColumns": columns, "selectableFields": [["jsonPath": .string(path)]]]))
        #expect(answer.status == 422)
        #expect(answer.message.contains("selectableFields[0].jsonPath: Invalid value: "))
        // Kubernetes does not look at paths of columns here: one that cannot be read ends the table.
        let columnsOnly = try await fixture.send(
            "POST", Self.definitions, body: definition(Self.anything, extra: ["additionalPrinterColumns": columns]))
        #expect(columnsOnly.status == 201)
    }

    @Test func builtInKindsAreFoundWithoutLookingAtCustomOnes() async throws {
        let fixture = try await fixture()
        #expect(try fixture.kind("pods").custom == nil)
        #expect(try await fixture.send("GET", "/apis/example.com/v9/things").text == "404 page not found\n")
        #expect(try await fixture.send("GET", "/apis/apps/v9/things").body["reason"] == "NotFound")
    }

    @Test func strategicMergePatchesAreRefused() async throws {
        let fixture = try await fixture()
        try await fixture.send("POST", Self.things, body: thing("t"))
        let answer = try await fixture.send(
            "PATCH", Self.things + "/t", body: ["spec": [:]], type: "application/strategic-merge-patch+json")
        #expect(answer.status == 415)
    }
}
