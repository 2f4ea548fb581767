import FairleadModel
import FairleadStorage
import Testing

@testable import FairleadAPI
@testable import FairleadKinds

struct WriteTests {
    private let path = APIFixture.configMaps

    // MARK: - create

    @Test func createStampsWhatOnlyTheServerMaySay() async throws {
        let fixture = try await APIFixture()
        let body: Value = [
            "metadata": ["name": "a", "uid": "mine", "creationTimestamp": "2001-01-01T00:00:00Z", "selfLink": "x"]
        ]
        let made = try await fixture.send("POST", path, body: body)
        #expect(made.status == 201)
        #expect(made.body.uid == "00000000-0000-4000-8000-000000000001")
        #expect(made.body.creationTimestamp == "2023-11-14T22:13:20Z")
        #expect(made.body.namespace == "ns")
        #expect(made.revision == fixture.store.current.revision)
        #expect(try await fixture.send("GET", path + "/a").body == made.body)
    }

    @Test func createRefusesWhatCannotBe() async throws {
        let fixture = try await APIFixture()
        try await fixture.createConfigMap("a")
        let before = fixture.store.current.revision
        let cases: [(body: Value, path: String, status: Int, reason: String)] = [
            (["metadata": ["name": "a"]], path, 409, "AlreadyExists"),
            (["metadata": ["name": "A_b"]], path, 422, "Invalid"),
            (["metadata": [:]], path, 422, "Invalid"),
            (["metadata": ["name": "b", "namespace": "other"]], path, 400, "BadRequest"),
            (["metadata": ["name": "b", "resourceVersion": "7"]], path, 500, ""),
            (["metadata": ["name": "b"], "kind": "Secret"], path, 400, "BadRequest"),
            (["metadata": ["name": "b"]], "/api/v1/namespaces/missing/configmaps", 404, "NotFound"),
        ]
        for item in cases {
            let answer = try await fixture.send("POST", item.path, body: item.body)
            #expect(answer.status == item.status, "\(item.body.jsonText): \(answer.message)")
            #expect(answer.reason == item.reason, "\(item.body.jsonText): \(answer.message)")
        }
        #expect(fixture.store.current.revision == before)
    }

    @Test func aTakenGeneratedNameIsTriedAgain() async throws {
        let fixture = try await APIFixture(suffixes: ["b", "b", "c", "d"])
        let body: Value = ["metadata": ["generateName": "x-"]]
        var names: [String] = []
        for _ in 0..<3 { names.append(try await fixture.send("POST", path, body: body).body.name) }
        #expect(names == ["x-bbbbb", "x-ccccc", "x-ddddd"])
    }

    @Test func aGeneratorThatKnowsOneNameOnlyEndsInAConflict() async throws {
        let fixture = try await APIFixture(suffixes: ["b"])
        let body: Value = ["metadata": ["generateName": "x-"]]
        #expect(try await fixture.send("POST", path, body: body).status == 201)
        let second = try await fixture.send("POST", path, body: body)
        #expect(second.status == 409)
        #expect(second.reason == "AlreadyExists")
    }

    @Test func oneOfManyWhoCreateTheSameNameWins() async throws {
        let fixture = try await APIFixture()
        let statuses = try await together(20) { number in
            let body: Value = ["metadata": ["name": "a"], "data": ["by": .string(String(number))]]
            return try await fixture.send("POST", path, body: body).status
        }
        #expect(statuses.filter { $0 == 201 }.count == 1)
        #expect(statuses.filter { $0 == 409 }.count == 19)
    }

    /// Chance gives everybody the same address first: every commit but one of each round is lost.
    @Test func servicesThatRaceForTheSameAddressAllGetOne() async throws {
        let fixture = try await APIFixture(suffixes: ["b"], ranges: ["10.0.0.0/24"])
        let answers = try await together(30) { number in
            let body: Value = [
                "metadata": ["name": .string("s\(number)")], "spec": ["type": "NodePort", "ports": [["port": 80]]],
            ]
            return try await fixture.send("POST", APIFixture.services, body: body)
        }
        #expect(answers.allSatisfy { $0.status == 201 }, "\(answers.map(\.message).filter { !$0.isEmpty })")
        #expect(Set(answers.map { $0.body.at("spec", "clusterIP")?.string }).count == 30)
        #expect(Set(answers.map { $0.body.at("spec", "ports")?.array?.first?["nodePort"]?.int }).count == 30)
    }

    // MARK: - update and patch

    @Test func fiftyPatchesAtOnceLoseNoUpdate() async throws {
        let fixture = try await APIFixture()
        let start = try await fixture.createConfigMap("a").revision
        let statuses = try await together(50) { number in
            try await fixture.send("PATCH", path + "/a", body: ["data": ["k\(number)": "v"]]).status
        }
        #expect(statuses.allSatisfy { $0 == 200 })
        let end = try await fixture.send("GET", path + "/a")
        #expect(end.body["data"]?.object?.count == 50)
        #expect(end.revision == start + 50)
    }

    @Test func oneOfManyWhoReplaceTheSameRevisionWins() async throws {
        let fixture = try await APIFixture()
        let made = try await fixture.createConfigMap("a").body
        let statuses = try await together(20) { number in
            var body = made
            body["data"] = ["by": .string(String(number))]
            return try await fixture.send("PUT", path + "/a", body: body).status
        }
        #expect(statuses.filter { $0 == 200 }.count == 1)
        #expect(statuses.filter { $0 == 409 }.count == 19)
    }

    @Test func aPutWithoutARevisionReplacesWhateverThereIs() async throws {
        let fixture = try await APIFixture()
        try await fixture.createConfigMap("a")
        let statuses = try await together(20) { number in
            let body: Value = ["metadata": ["name": "a"], "data": ["by": .string(String(number))]]
            return try await fixture.send("PUT", path + "/a", body: body).status
        }
        #expect(statuses.allSatisfy { $0 == 200 })
    }

    @Test func putsThatRaceToCreateAllSucceedWhereTheKindAllowsIt() async throws {
        let fixture = try await APIFixture()
        let statuses = try await together(10) { number in
            let body: Value = ["metadata": ["name": "l", "labels": ["by": .string(String(number))]]]
            let path = "/api/v1/namespaces/ns/endpoints/l"
            return try await fixture.send("PUT", path, body: body).status
        }
        #expect(statuses.filter { $0 == 201 }.count == 1, "\(statuses)")
        #expect(statuses.filter { $0 == 200 }.count == 9, "\(statuses)")
    }

    @Test func updateRejectsWhatIsNotTheObjectOfThePath() async throws {
        let fixture = try await APIFixture()
        let stale = String(try await fixture.createConfigMap("a").revision)
        try await fixture.send("PATCH", path + "/a", body: ["data": ["x": "1"]])
        let before = fixture.store.current.revision
        let cases: [(name: String, metadata: Value, status: Int)] = [
            ("a", ["name": "a", "resourceVersion": .string(stale)], 409),
            ("a", ["name": "a", "uid": "00000000-0000-4000-8000-999999999999"], 409),
            ("a", ["name": "b"], 400), ("a", [:], 400), ("a", ["name": "a", "namespace": "other"], 400),
            ("a", ["name": "a", "resourceVersion": "x"], 500), ("b", ["name": "b"], 404),
        ]
        for item in cases {
            let answer = try await fixture.send("PUT", path + "/" + item.name, body: ["metadata": item.metadata])
            #expect(answer.status == item.status, "\(item.metadata.jsonText): \(answer.message)")
        }
        let stalePatch: Value = ["metadata": ["resourceVersion": .string(stale)], "data": ["y": "1"]]
        #expect(try await fixture.send("PATCH", path + "/a", body: stalePatch).status == 409)
        #expect(fixture.store.current.revision == before)
    }

    @Test func aWriteThatChangesNothingWritesNothing() async throws {
        let fixture = try await APIFixture()
        let made = try await fixture.send("POST", path, body: ["metadata": ["name": "a"], "data": ["x": "1"]])
        let again: Value = ["metadata": ["name": "a"], "data": ["x": "1"]]
        let wakes = try await fixture.wakes("configmaps") {
            let replaced = try await fixture.send("PUT", path + "/a", body: made.body)
            #expect(replaced.body == made.body)
            let patched = try await fixture.send("PATCH", path + "/a", body: ["data": ["x": "1"]])
            #expect(patched.revision == made.revision)
            let unconditional = try await fixture.send("PUT", path + "/a", body: again)
            #expect(unconditional.revision == made.revision)
        }
        #expect(wakes == 0)
        #expect(fixture.store.current.revision == made.revision)
    }

    @Test func aDryRunAnswersAsIfAndTouchesNothing() async throws {
        let fixture = try await APIFixture()
        let made = try await fixture.send("POST", path, body: ["metadata": ["name": "a"]])
        let wakes = try await fixture.wakes("configmaps") {
            let created = try await fixture.send("POST", path, "dryRun=All", body: ["metadata": ["name": "b"]])
            #expect(created.status == 201)
            #expect(created.body.resourceVersion == nil)
            let taken = try await fixture.send("POST", path, "dryRun=All", body: ["metadata": ["name": "a"]])
            #expect(taken.status == 409)
            let patched = try await fixture.send("PATCH", path + "/a", "dryRun=All", body: ["data": ["x": "1"]])
            #expect(patched.body.at("data", "x") == "1")
            var replacement = made.body
            replacement["data"] = ["x": "2"]
            #expect(try await fixture.send("PUT", path + "/a", "dryRun=All", body: replacement).status == 200)
            #expect(try await fixture.send("DELETE", path + "/a", "dryRun=All").status == 200)
            #expect(try await fixture.send("DELETE", path, "dryRun=All").names == ["a"])
        }
        #expect(wakes == 0)
        #expect(fixture.store.current.revision == made.revision)
        #expect(try await fixture.send("GET", path + "/a").body == made.body)
    }

    @Test func generationCountsChangesOfWhatIsWanted() async throws {
        let fixture = try await APIFixture()
        let template: Value = [
            "metadata": ["labels": ["app": "a"]], "spec": ["containers": [["name": "c", "image": "nginx"]]],
        ]
        let made = try await fixture.send(
            "POST", APIFixture.deployments,
            body: [
                "metadata": ["name": "a", "generation": 7, "finalizers": ["x.io/hold"]],
                "spec": ["selector": ["matchLabels": ["app": "a"]], "template": template],
            ])
        #expect(made.body.generation == 1, "\(made.message)")
        let steps: [(path: String, patch: Value, generation: Int64)] = [
            ("/a", ["metadata": ["labels": ["l": "1"]]], 1), ("/a", ["spec": ["replicas": 3]], 2),
            ("/a", ["spec": ["replicas": 3]], 2), ("/a/status", ["status": ["replicas": 3]], 2),
            ("/a", ["metadata": ["generation": 9]], 2), ("/a/status", ["spec": ["replicas": 9]], 2),
        ]
        for step in steps {
            let answer = try await fixture.send("PATCH", APIFixture.deployments + step.path, body: step.patch)
            #expect(answer.body.generation == step.generation, "\(step.patch.jsonText) \(answer.message)")
        }
        let end = try await fixture.send("DELETE", APIFixture.deployments + "/a")
        #expect(end.body.generation == 3)
        #expect(end.body.at("spec", "replicas") == 3)
        #expect(end.body.at("status", "replicas") == 3)
    }

    @Test func patchesOfTheScaleAreMadeAgainAfterALostRace() async throws {
        let fixture = try await APIFixture()
        let template: Value = [
            "metadata": ["labels": ["app": "a"]], "spec": ["containers": [["name": "c", "image": "nginx"]]],
        ]
        try await fixture.send(
            "POST", APIFixture.deployments,
            body: [
                "metadata": ["name": "a"], "spec": ["selector": ["matchLabels": ["app": "a"]], "template": template],
            ])
        let statuses = try await together(20) { number in
            let path = APIFixture.deployments + (number % 2 == 0 ? "/a/scale" : "/a/status")
            let patch: Value =
                number % 2 == 0
                ? ["spec": ["replicas": .int(Int64(number))]] : ["status": ["replicas": .int(Int64(number))]]
            return try await fixture.send("PATCH", path, body: patch).status
        }
        #expect(statuses.allSatisfy { $0 == 200 }, "\(statuses)")
    }

    private func together<Result: Sendable>(
        _ count: Int, _ body: @escaping @Sendable (Int) async throws -> Result
    ) async throws -> [Result] {
        try await withThrowingTaskGroup(of: Result.self) { group in
            for number in 0..<count { group.addTask { try await body(number) } }
            return try await group.reduce(into: []) { $0.append($1) }
        }
    }
}
