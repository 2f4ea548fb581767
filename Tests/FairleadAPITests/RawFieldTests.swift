import FairleadModel
import FairleadStorage
import Testing

@testable import FairleadAPI

/// The data of a ControllerRevision is text to Kubernetes, which keeps its spelling.
struct RawFieldTests {
    private let path = "/apis/apps/v1/namespaces/ns/controllerrevisions"
    private let immutable = "data: Invalid value: {\"a\":1}: field is immutable"

    private func send(
        _ fixture: APIFixture, _ method: String, _ name: String, _ body: String
    ) async throws -> APIFixture.Answer {
        var request = APIFixture.request(method, method == "POST" ? path : "\(path)/\(name)")
        request.body = Array(body.utf8)
        return try await fixture.finish(fixture.pipeline.handle(request))
    }

    private func revision(_ data: String, revision: Int = 1) -> String {
        "{ \"metadata\": {\"name\": \"r\"}, \"data\": \(data), \"revision\": \(revision) }"
    }

    @Test func dataThatGoWouldSpellOtherwiseIsChangedByAPatch() async throws {
        let fixture = try await APIFixture()
        #expect(try await send(fixture, "POST", "r", revision("{\"a\": 1}")).status == 201)
        let patched = try await fixture.send("PATCH", path + "/r", body: ["revision": 5])
        #expect(patched.status == 422)
        #expect(patched.message.hasSuffix(immutable), "\(patched.message)")
        let labelled = try await fixture.send("PATCH", path + "/r", body: ["metadata": ["labels": ["a": "b"]]])
        #expect(labelled.status == 422)
    }

    @Test func compactDataIsNot() async throws {
        let fixture = try await APIFixture()
        #expect(try await send(fixture, "POST", "r", revision("{\"a\":1}")).status == 201)
        #expect(try await fixture.send("PATCH", path + "/r", body: ["revision": 5]).status == 200)
        #expect(try await fixture.send("PATCH", path + "/r", body: ["data": ["a": 1]]).status == 200)
        let changed = try await fixture.send("PATCH", path + "/r", body: ["data": ["a": 2]])
        #expect(changed.status == 422)
    }

    @Test func anUpdateMustSpellItAsTheCreateDid() async throws {
        let fixture = try await APIFixture()
        #expect(try await send(fixture, "POST", "r", revision("{\"a\": 1}")).status == 201)
        #expect(try await send(fixture, "PUT", "r", revision("{\"a\": 1}", revision: 2)).status == 200)
        let compact = try await send(fixture, "PUT", "r", revision("{\"a\":1}", revision: 3))
        #expect(compact.status == 422)
        #expect(compact.message.hasSuffix(immutable), "\(compact.message)")
    }

    @Test func nothingIsLeftOfARevisionThatIsDeleted() async throws {
        let fixture = try await APIFixture()
        let before = fixture.store.current
        #expect(try await send(fixture, "POST", "r", revision("{\"a\": 1}")).status == 201)
        let loose = ObjectKey(
            GroupResource(group: "fairlead.internal", resource: "loosedata"), namespace: "ns", name: "r")
        #expect(fixture.store.current.object(loose) != nil && before.object(loose) == nil)
        #expect(try await fixture.send("DELETE", path + "/r").status == 200)
        #expect(fixture.store.current.object(loose) == nil)
        #expect(try await send(fixture, "POST", "r", revision("{\"a\":1}")).status == 201)
        #expect(try await fixture.send("PATCH", path + "/r", body: ["revision": 5]).status == 200)
    }
}
