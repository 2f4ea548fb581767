import FairleadModel
import FairleadStorage
import Testing

@testable import FairleadAPI
@testable import FairleadKinds

struct DeletionTests {
    private let path = APIFixture.configMaps

    @Test func aDeletionAnswersWhatItDeleted() async throws {
        let fixture = try await APIFixture()
        let made = try await fixture.createConfigMap("a")
        let answer = try await fixture.send("DELETE", path + "/a")
        #expect(answer.body["status"] == "Success")
        #expect(answer.body.at("details", "uid")?.string == made.body.uid)
        #expect(try await fixture.send("GET", path + "/a").status == 404)
        #expect(try await fixture.send("DELETE", path + "/a").status == 404)
    }

    @Test func preconditionsThatDoNotHoldDeleteNothing() async throws {
        let fixture = try await APIFixture()
        let made = try await fixture.createConfigMap("a")
        for wrong: Value in [["uid": "other"], ["resourceVersion": "1"]] {
            #expect(try await fixture.send("DELETE", path + "/a", body: ["preconditions": wrong]).status == 409)
        }
        let right: Value = ["uid": .string(made.body.uid), "resourceVersion": .string(String(made.revision))]
        #expect(try await fixture.send("DELETE", path + "/a", body: ["preconditions": right]).status == 200)
    }

    @Test func finalizersHoldADeletedObjectUntilTheLastIsGone() async throws {
        let fixture = try await APIFixture()
        try await fixture.createConfigMap("a", finalizers: ["x.io/one", "x.io/two"])
        let marked = try await fixture.send("DELETE", path + "/a")
        #expect(marked.body.deletionTimestamp == "2023-11-14T22:13:20Z")
        #expect(marked.body.at("metadata", "deletionGracePeriodSeconds") == 0)
        #expect(try await fixture.send("DELETE", path + "/a").revision == marked.revision)

        let more: Value = ["metadata": ["finalizers": ["x.io/one", "x.io/two", "x.io/three"]]]
        #expect(try await fixture.send("PATCH", path + "/a", body: more).status == 422)
        let revived: Value = ["metadata": ["deletionTimestamp": .null]]
        #expect(try await fixture.send("PATCH", path + "/a", body: revived).body.deletionTimestamp != nil)
        let one: Value = ["metadata": ["finalizers": ["x.io/two"]]]
        #expect(try await fixture.send("PATCH", path + "/a", body: one).status == 200)
        #expect(try await fixture.send("GET", path + "/a").status == 200)
        let none: Value = ["metadata": ["finalizers": .null]]
        #expect(try await fixture.send("PATCH", path + "/a", body: none).status == 200)
        #expect(try await fixture.send("GET", path + "/a").status == 404)
    }

    @Test(arguments: [("Foreground", "foregroundDeletion"), ("Orphan", "orphan")])
    func propagationIsLeftToTheGarbageCollector(_ policy: String, _ finalizer: String) async throws {
        let fixture = try await APIFixture()
        try await fixture.createConfigMap("a")
        let marked = try await fixture.send("DELETE", path + "/a", "propagationPolicy=\(policy)")
        #expect(marked.body.finalizers == [finalizer])
        let background = try await fixture.send("DELETE", path + "/a", "propagationPolicy=Background")
        #expect(background.body.finalizers.isEmpty)
    }

    // MARK: - grace

    @Test func aPodOnANodeGetsItsGracePeriodWhichMayOnlyShrink() async throws {
        let fixture = try await APIFixture()
        try await fixture.createPod("p", node: "n1")
        let pod = APIFixture.pods + "/p"
        let steps: [(query: String, period: Value, deadline: String)] = [
            ("", 30, "2023-11-14T22:13:50Z"), ("gracePeriodSeconds=60", 30, "2023-11-14T22:13:50Z"),
            ("gracePeriodSeconds=5", 5, "2023-11-14T22:13:25Z"), ("gracePeriodSeconds=-3", 1, "2023-11-14T22:13:21Z"),
        ]
        for step in steps {
            let answer = try await fixture.send("DELETE", pod, step.query)
            #expect(answer.status == 200)
            #expect(answer.body.at("metadata", "deletionGracePeriodSeconds") == step.period, "\(step.query)")
            #expect(answer.body.deletionTimestamp == step.deadline, "\(step.query)")
        }
        #expect(try await fixture.send("DELETE", pod, "gracePeriodSeconds=0").status == 200)
        #expect(try await fixture.send("GET", pod).status == 404)
    }

    @Test func aPodWithoutANodeGoesAtOnce() async throws {
        let fixture = try await APIFixture()
        try await fixture.createPod("p")
        #expect(try await fixture.send("DELETE", APIFixture.pods + "/p").status == 200)
        #expect(try await fixture.send("GET", APIFixture.pods + "/p").status == 404)
    }

    @Test func manyWhoDeleteTheSamePodAllSucceedOrFindItGone() async throws {
        let fixture = try await APIFixture()
        try await fixture.createPod("p", node: "n1")
        let statuses = try await withThrowingTaskGroup(of: Int.self) { group in
            for _ in 0..<20 {
                group.addTask {
                    try await fixture.send("DELETE", APIFixture.pods + "/p", "gracePeriodSeconds=0").status
                }
            }
            return try await group.reduce(into: []) { $0.append($1) }
        }
        #expect(statuses.contains(200))
        #expect(statuses.allSatisfy { $0 == 200 || $0 == 404 }, "\(statuses)")
        #expect(try await fixture.send("GET", APIFixture.pods + "/p").status == 404)
    }

    // MARK: - collections

    @Test func aCollectionIsDeletedAsFarAsItIsListed() async throws {
        let fixture = try await APIFixture()
        for name in ["a", "b", "c", "d"] {
            try await fixture.createConfigMap(name, labels: name == "b" ? [:] : ["x": "y"])
        }
        let answer = try await fixture.send("DELETE", path, "labelSelector=x%3Dy&limit=2")
        #expect(answer.names == ["a", "c"])
        #expect(try await fixture.send("GET", path).names == ["b", "d"])
        #expect(try await fixture.send("DELETE", path, "fieldSelector=metadata.name%3Dd").names == ["d"])
        #expect(try await fixture.send("DELETE", path, "resourceVersionMatch=Exact").status == 422)
        #expect(try await fixture.send("GET", path).names == ["b"])
    }

    @Test func aCollectionStopsAtTheFirstThatCannotBeDeleted() async throws {
        let fixture = try await APIFixture()
        let first = try await fixture.createConfigMap("a").body.uid
        for name in ["b", "c"] { try await fixture.createConfigMap(name) }
        let body: Value = ["preconditions": ["uid": .string(first)]]
        #expect(try await fixture.send("DELETE", path, body: body).status == 409)
        #expect(try await fixture.send("GET", path).names == ["b", "c"])
    }

    @Test func nodesAreDeletedTogetherAndNamespacesAreNot() async throws {
        let fixture = try await APIFixture()
        for name in ["n1", "n2"] {
            let made = try await fixture.send("POST", "/api/v1/nodes", body: ["metadata": ["name": .string(name)]])
            #expect(made.status == 201, "\(made.message)")
        }
        #expect(try await fixture.send("DELETE", "/api/v1/nodes").names == ["n1", "n2"])
        #expect(try await fixture.send("GET", "/api/v1/nodes").names == [])
        #expect(try await fixture.send("DELETE", "/api/v1/namespaces").status == 405)
    }

    // MARK: - namespaces

    @Test func aNamespaceEndsWhenItsFinalizersAreGoneAndTakesNothingNewBefore() async throws {
        let fixture = try await APIFixture()
        let namespaces = "/api/v1/namespaces"
        let made = try await fixture.send("POST", namespaces, body: ["metadata": ["name": "n"]])
        #expect(made.body.at("spec", "finalizers") == ["kubernetes"])
        #expect(made.body.labels == ["kubernetes.io/metadata.name": "n"])
        let marked = try await fixture.send("DELETE", namespaces + "/n")
        #expect(marked.body.at("status", "phase") == "Terminating")
        let refused = try await fixture.send(
            "POST", namespaces + "/n/configmaps", body: ["metadata": ["name": "late"]])
        #expect(refused.status == 403)
        #expect(refused.body.at("details", "causes")?.array?.first?["reason"] == "NamespaceTerminating")

        var emptied = marked.body
        emptied.set([], at: "spec", "finalizers")
        let kept = try await fixture.send("PUT", namespaces + "/n", body: emptied)
        #expect(kept.body.at("spec", "finalizers") == ["kubernetes"])
        #expect(try await fixture.send("PUT", namespaces + "/n/finalize", body: emptied).status == 200)
        #expect(try await fixture.send("GET", namespaces + "/n").status == 404)
        #expect(try await fixture.send("DELETE", namespaces + "/default").status == 403)
    }

    /// A namespace may be marked between the snapshot a creation is planned on and its commit.
    @Test func aCreationIsCommittedOnlyIntoTheNamespaceItWasAdmittedTo() async throws {
        let fixture = try await APIFixture()
        for round in 0..<20 {
            let name = "n\(round)"
            try await fixture.send("POST", "/api/v1/namespaces", body: ["metadata": ["name": .string(name)]])
            async let marked = fixture.send("DELETE", "/api/v1/namespaces/" + name)
            let path = "/api/v1/namespaces/\(name)/configmaps"
            async let made = fixture.send("POST", path, body: ["metadata": ["name": "a"]])
            let (mark, creation) = try await (marked, made)
            #expect(creation.status == 403 || creation.status == 201 && creation.revision < mark.revision)
        }
    }
}
