import FairleadModel
import FairleadStorage
import Testing

@testable import FairleadAPI

/// Texts that Unicode calls equivalent are different texts to Kubernetes.
struct ByteComparisonTests {
    private static let composed = "caf\u{E9}"
    private static let decomposed = "cafe\u{301}"
    private let path = APIFixture.configMaps

    @Test func anUpdateThatChangesOnlyTheSpellingIsStored() async throws {
        let fixture = try await APIFixture()
        let body: Value = ["metadata": ["name": "a"], "data": ["k": .string(Self.composed)]]
        let made = try await fixture.send("POST", path, body: body)
        var changed = made.body
        changed["data"] = ["k": .string(Self.decomposed)]
        let update = try await fixture.send("PUT", path + "/a", body: changed)
        #expect(update.body.resourceVersion != made.body.resourceVersion)
        let stored = try await fixture.send("GET", path + "/a").body.at("data", "k")?.string
        #expect(stored.map { Array($0.utf8) } == Array(Self.decomposed.utf8))
    }

    @Test func fieldSelectorsTellSpellingsApart() async throws {
        let fixture = try await APIFixture()
        let event: Value = [
            "metadata": ["name": "a"], "involvedObject": ["namespace": "ns"], "message": "m",
            "reason": .string(Self.composed),
        ]
        let events = "/api/v1/namespaces/ns/events"
        #expect(try await fixture.send("POST", events, body: event).status == 201)
        let query = "fieldSelector=reason%3D"
        let same = try await fixture.send("GET", events, query + "caf%C3%A9").body
        let other = try await fixture.send("GET", events, query + "cafe%CC%81").body
        #expect(same["items"]?.array?.count == 1)
        #expect(other["items"]?.array?.count == 0)
    }

    @Test func patchesTellEquivalentKeysApart() async throws {
        let fixture = try await APIFixture()
        let names = [(Self.composed, Value.string("1")), (Self.decomposed, Value.string("2"))]
        let attributes: Value = .object(Object(names))
        let volume: Value = ["name": "v", "csi": ["driver": "d", "volumeAttributes": attributes]]
        let template: Value = [
            "metadata": ["labels": ["a": "b"]],
            "spec": ["containers": [["name": "c", "image": "i"]], "volumes": [volume]],
        ]
        let deployment: Value = [
            "metadata": ["name": "d"], "spec": ["selector": ["matchLabels": ["a": "b"]], "template": template],
        ]
        let path = "/apis/apps/v1/namespaces/ns/deployments"
        let made = try await fixture.send("POST", path, body: deployment)
        #expect(made.status == 201, "\(made.message)")
        let place = "/spec/template/spec/volumes/0/csi/volumeAttributes/"
        let patch: Value = [
            ["op": "remove", "path": .string(place + Self.composed)],
            ["op": "replace", "path": .string(place + Self.decomposed), "value": "3"],
        ]
        let patched = try await fixture.send(
            "PATCH", path + "/d", body: patch, type: "application/json-patch+json")
        #expect(patched.status == 200, "\(patched.message)")
        let left = patched.body.at("spec", "template", "spec", "volumes")?.array?.first?.at("csi", "volumeAttributes")
        #expect(left == .object(Object([(Self.decomposed, Value.string("3"))])))
    }

    @Test func mountPathsOfTwoSpellingsAreTwoPlaces() async throws {
        let fixture = try await APIFixture()
        let mounts: [Value] = [Self.composed, Self.decomposed].map { ["name": "v", "mountPath": .string("/" + $0)] }
        let pod: Value = [
            "metadata": ["name": "p"],
            "spec": [
                "containers": [["name": "c", "image": "i", "volumeMounts": .array(mounts)]],
                "volumes": [["name": "v", "emptyDir": [:]]],
            ],
        ]
        let made = try await fixture.send("POST", "/api/v1/namespaces/ns/pods", body: pod)
        #expect(made.status == 201, "\(made.message)")
    }
}
