import FairleadModel
import FairleadRandomTesting
import FairleadSchema
import FairleadStorage
import Testing

@testable import FairleadAPI
@testable import FairleadKinds
@testable import FairleadMerge

struct ApplyTests {
    @Test func applyingTheSameAgainChangesNothing() async throws {
        let fixture = try await ApplyFixture()
        var random = SplitMix64(seed: 11)
        for round in 0..<60 {
            let (kind, body) = try Self.randomObject(fixture, &random)
            let first = try await fixture.apply(kind, "o\(round)", body, manager: "m")
            let second = try await fixture.apply(kind, "o\(round)", body, manager: "m")
            #expect(first == second)
            // Another manager with the same wishes shares them, and changes nothing but the list of managers.
            let third = try await fixture.apply(kind, "o\(round)", body, manager: "n")
            let fourth = try await fixture.apply(kind, "o\(round)", body, manager: "n")
            #expect(third == fourth)
            #expect(third["spec"] == first["spec"] && third["data"] == first["data"])
            // Both let go: what they alone owned is gone, and nobody owns anything.
            let required: Value =
                kind.info.kind == "Service" ? ["spec": ["ports": [["port": 9, "name": "x"]]]] : .object([:])
            try await fixture.apply(kind, "o\(round)", required, manager: "m", force: true)
            let last = try await fixture.apply(kind, "o\(round)", required, manager: "n", force: true)
            #expect(last.at("metadata", "labels") == nil && last["data"] == nil)
        }
    }

    private static func randomObject(_ fixture: ApplyFixture, _ random: inout SplitMix64) throws -> (Kind, Value) {
        // An empty map is never stored, so applying one is a change every time.
        var labels: Object = ["app": "x"]
        for _ in 0..<random.below(4) { labels["l\(random.below(9))"] = .string("v\(random.below(3))") }
        var body: Value = ["metadata": ["labels": .object(labels)]]
        if random.below(3) == 0 { body.set(.array(["example.com/a", "example.com/b"]), at: "metadata", "finalizers") }
        if random.below(2) == 0 {
            var data: Object = [:]
            for _ in 0..<random.below(5) { data["k\(random.below(9))"] = .string("\(random.below(5))") }
            if !data.isEmpty { body["data"] = .object(data) }
            return (try fixture.kind("configmaps"), body)
        }
        var ports: [Value] = []
        for index in 0...random.below(4) {
            ports.append([
                "name": .string("p\(index)"), "port": .int(Int64(80 + index * 31)),
                "protocol": random.below(3) == 0 ? "UDP" : "TCP",
            ])
        }
        body["spec"] = ["ports": .array(ports), "selector": ["app": "x"], "sessionAffinity": "ClientIP"]
        return (try fixture.kind("services"), body)
    }

    @Test func anUpdateOwnsWhatItChanges() async throws {
        let fixture = try await ApplyFixture()
        let kind = try fixture.kind("configmaps")
        try await fixture.put(kind, "a", ["data": ["x": "1", "y": "1"]], manager: "one")
        let object = try await fixture.put(
            kind, "a", ["metadata": ["labels": ["l": "1"]], "data": ["x": "2"]], manager: "two")
        #expect(
            ApplyFixture.owners(object) == [
                #"one Update: {"f:data":{}}"#,
                #"two Update: {"f:data":{"f:x":{}},"f:metadata":{"f:labels":{".":{},"f:l":{}}}}"#,
            ])
    }

    @Test func anUpdateThatChangesNothingKeepsTimesAndRevision() async throws {
        let fixture = try await ApplyFixture()
        let kind = try fixture.kind("configmaps")
        let first = try await fixture.put(kind, "a", ["data": ["x": "1"]], manager: "one")
        #expect(try await fixture.put(kind, "a", ["data": ["x": "1"]], manager: "two") == first)
    }

    @Test func conflictsNameManagersInOrder() async throws {
        let fixture = try await ApplyFixture()
        let kind = try fixture.kind("configmaps")
        try await fixture.put(kind, "a", ["data": ["z": "1"]], manager: "updater")
        try await fixture.apply(kind, "a", ["data": ["x": "1", "y": "1"]], manager: "m1")
        let error = await #expect(throws: APIStatus.self) {
            try await fixture.apply(kind, "a", ["data": ["x": "2", "y": "1", "z": "2"]], manager: "m2")
        }
        #expect(error?.code == 409)
        #expect(
            error?.message
                == "Apply failed with 2 conflicts: conflicts with \"m1\":\n- .data.x\nconflicts with \"updater\" using v1:\n- .data.z"
        )
        #expect(error?.details?.causes.map(\.field) == [".data.x", ".data.z"])
        let forced = try await fixture.apply(kind, "a", ["data": ["x": "2", "z": "2"]], manager: "m2", force: true)
        #expect(
            ApplyFixture.owners(forced) == [
                #"m1 Apply: {"f:data":{"f:y":{}}}"#, #"m2 Apply: {"f:data":{"f:x":{},"f:z":{}}}"#,
                #"updater Update: {"f:data":{}}"#,
            ])
    }

    @Test func elementsOfKeyedListsKeepTheAppliedOrder() async throws {
        let fixture = try await ApplyFixture()
        let kind = try fixture.kind("services")
        func ports(_ numbers: [Int64]) -> Value {
            ["spec": ["ports": .array(numbers.map { ["port": .int($0), "name": .string("p\($0)")] })]]
        }
        func order(_ object: Value) -> [Int64] {
            (object.at("spec", "ports")?.array ?? []).compactMap { $0["port"]?.int }
        }
        try await fixture.apply(kind, "s", ports([1, 2, 3]), manager: "a")
        #expect(order(try await fixture.apply(kind, "s", ports([5, 3, 1]), manager: "b")) == [2, 5, 3, 1])
        #expect(order(try await fixture.apply(kind, "s", ports([3]), manager: "a")) == [5, 3, 1])
    }

    @Test func aManagerOfTheStatusOwnsNothingElse() async throws {
        let fixture = try await ApplyFixture()
        let kind = try fixture.kind("services")
        try await fixture.apply(kind, "s", ["spec": ["ports": [["port": 80]]]], manager: "m")
        let object = try await fixture.apply(
            kind, "s",
            [
                "spec": ["type": "NodePort"],
                "status": [
                    "conditions": [
                        [
                            "type": "A", "status": "True", "reason": "R", "message": "",
                            "lastTransitionTime": "2026-01-01T00:00:00Z",
                        ]
                    ]
                ],
            ], manager: "lb", subresource: "status")
        #expect(object.at("spec", "type") == "ClusterIP")
        #expect(
            ApplyFixture.owners(object).last
                == #"lb Apply status: {"f:status":{"f:conditions":{"k:{\"type\":\"A\"}":{".":{},"f:lastTransitionTime":{},"f:message":{},"f:reason":{},"f:status":{},"f:type":{}}}}}"#
        )
    }

    @Test func whatClientSideApplySetIsNoConflictForKubectl() async throws {
        let fixture = try await ApplyFixture()
        let kind = try fixture.kind("configmaps")
        let note = #"{"apiVersion":"v1","kind":"ConfigMap","metadata":{"name":"a"},"data":{"x":"1","y":"1"}}"#
        let annotations: Value = ["annotations": ["kubectl.kubernetes.io/last-applied-configuration": .string(note)]]
        try await fixture.put(
            kind, "a", ["metadata": annotations, "data": ["x": "1", "y": "2"]], manager: "kubectl-client-side-apply")
        let object = try await fixture.apply(kind, "a", ["data": ["x": "3"]], manager: "kubectl")
        #expect(object.at("data", "x") == "3")
        #expect(
            object.annotations.values.first
                == #"{"apiVersion":"v1","data":{"x":"3"},"kind":"ConfigMap","metadata":{"name":"a"}}"# + "\n")
        // y is not what was applied last, and other managers get no such grace.
        for (manager, field) in [("kubectl", "y"), ("other", "x")] {
            await #expect(throws: APIStatus.self) {
                try await fixture.apply(kind, "a", ["data": .object([field: "9"])], manager: manager)
            }
        }
    }

    @Test func theOldestUpdatesArePutTogether() async throws {
        let fixture = try await ApplyFixture()
        let kind = try fixture.kind("configmaps")
        var data: Object = [:]
        var object = Value.null
        for index in 0..<13 {
            data["k\(index)"] = "v"
            object = try await fixture.put(kind, "a", ["data": .object(data)], manager: "m\(index)")
        }
        let owners = ApplyFixture.owners(object)
        #expect(owners.count == 10)
        #expect(owners.first == #"ancient-changes Update: {"f:data":{".":{},"f:k0":{},"f:k1":{},"f:k2":{},"f:k3":{}}}"#)
    }

    @Test func clearingManagedFieldsEndsTracking() async throws {
        let fixture = try await ApplyFixture()
        let kind = try fixture.kind("configmaps")
        try await fixture.put(kind, "a", ["data": ["x": "1"]], manager: "one")
        let cleared = try await fixture.api.patch(
            kind, namespace: "ns", name: "a", try PatchRequest(merging: ["metadata": ["managedFields": [.object([:])]]])
        )
        #expect(ApplyFixture.owners(cleared.object) == [])
        #expect(ApplyFixture.owners(try await fixture.put(kind, "a", ["data": ["x": "2"]], manager: "two")) == [])
        let applied = try await fixture.apply(kind, "a", ["data": ["y": "1"]], manager: "m")
        #expect(
            ApplyFixture.owners(applied) == [
                #"m Apply: {"f:data":{"f:y":{}}}"#, #"before-first-apply Update: {"f:data":{".":{},"f:x":{}}}"#,
            ])
    }

    @Test(arguments: [
        (#"{"data":{"x":1}}"#, #".data.x: expected string, got &value.valueUnstructured{Value:1}"#),
        (#"{"bogus":1}"#, ".bogus: field not declared in schema"),
        (#"{"metadata":{"finalizers":["a","a"]}}"#, #".metadata.finalizers: duplicate entries for key [="a"]"#),
        (
            #"{"metadata":{"ownerReferences":[1]}}"#,
            ".metadata.ownerReferences: element 0: associative list with keys may not have non-map elements"
        ),
    ])
    func configurationsThatDoNotFitAreRefused(text: String, complaint: String) async throws {
        let fixture = try await ApplyFixture()
        let kind = try fixture.kind("configmaps")
        let fields = try JSON.parse(Array(text.utf8)).value
        let error = await #expect(throws: APIStatus.self) { try await fixture.apply(kind, "a", fields, manager: "m") }
        #expect(error?.code == 500)
        #expect(error?.message == "failed to create typed patch object (/a; /v1, Kind=ConfigMap): \(complaint)")
    }

    @Test(arguments: [
        ("kubectl/v1.33 (linux)", "kubectl"), ("curl", "curl"), (nil, ""), ("a\u{1}b/1", "ab"), ("ä b/c/d", "ä b"),
    ])
    func theManagerIsTheFirstPartOfTheUserAgent(agent: String?, manager: String) {
        #expect(FieldOwner.manager(userAgent: agent) == manager)
    }
}
