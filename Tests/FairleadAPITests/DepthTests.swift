import FairleadModel
import FairleadRandomTesting
import FairleadStorage
import Testing

@testable import FairleadAPI
@testable import FairleadKinds
@testable import FairleadMerge

/// No way in lets an object nest deeper than the walks over it can bear.
@Suite struct DepthLimitTests {
    private static let json = "application/json"
    private static let jsonPatch = "application/json-patch+json"

    private func configMap() async throws -> APIFixture {
        let fixture = try await APIFixture()
        try await fixture.createConfigMap("a")
        return fixture
    }

    /// A request with a body that is no tree yet.
    private func ask(
        _ fixture: APIFixture, _ method: String, _ path: String, _ query: String = "", _ body: String = "",
        type: String = json
    ) async throws -> APIFixture.Answer {
        var request = APIFixture.request(method, path, query, type: type)
        request.body = Array(body.utf8)
        return try await fixture.finish(fixture.pipeline.handle(request))
    }

    /// Operations that each nest by `depth`, one below the other.
    private static func ladder(_ rungs: Int, depth: Int) -> String {
        var operations: [String] = []
        var path = "/metadata/annotations"
        for _ in 0..<rungs {
            operations.append(#"{"op":"add","path":"\#(path)","value":\#(nested(depth, inside: "{}"))}"#)
            path += String(repeating: "/a", count: depth)
        }
        return "[" + operations.joined(separator: ",") + "]"
    }

    @Test(arguments: ["add", "move", "copy"])
    func operationsOfAPatchDoNotNestDeeperThanABody(_ kind: String) throws {
        let step = String(repeating: "/a", count: 100)
        let more: String
        switch kind {
        case "add": more = #"{"op":"add","path":"/x\#(step)","value":\#(nested(490))}"#
        case "move":
            more = #"{"op":"add","path":"/y","value":\#(nested(490))},{"op":"move","from":"/y","path":"/x\#(step)"}"#
        default:
            more = #"{"op":"add","path":"/y","value":\#(nested(490))},{"op":"copy","from":"/y","path":"/x\#(step)"}"#
        }
        let patch = try JSONPatch(
            decoding: Array(#"[{"op":"add","path":"/x","value":\#(nested(100))},\#(more)]"#.utf8))
        #expect(throws: APIStatus.tooDeep) { try patch.applied(to: .object(Object())) }
    }

    @Test func whatIsMovedOftenIsOnlyRefusedWhereItReallyNests() throws {
        let moves = (0..<5_000).map { number in
            number % 2 == 0
                ? #"{"op":"copy","from":"/x","path":"/y/z/a/b/c"}"# : #"{"op":"remove","path":"/y/z/a/b/c"}"#
        }
        let patch = try JSONPatch(
            decoding: Array(
                (#"[{"op":"add","path":"/x","value":1},{"op":"add","path":"/y","value":{"z":{"a":{"b":{}}}}},"#
                    + moves.joined(separator: ",") + "]").utf8))
        #expect(try patch.applied(to: .object(Object())).extent.depth == 5)
    }

    @Test func aLadderOfPatchesIsRefusedAndTheObjectStays() async throws {
        let fixture = try await configMap()
        let answer = try await ask(
            fixture, "PATCH", APIFixture.configMaps + "/a", "", Self.ladder(53, depth: 480), type: Self.jsonPatch)
        #expect(answer.status == 422)
        #expect(answer.message.hasSuffix(": exceeded max depth"))
        #expect(try await ask(fixture, "GET", APIFixture.configMaps + "/a").status == 200)
    }

    @Test(arguments: [
        "application/merge-patch+json", "application/strategic-merge-patch+json", "application/apply-patch+yaml",
        jsonPatch, json, "application/yaml",
    ])
    func bodiesOfAnyFormMayNotNestTooDeeply(type: String) async throws {
        let fixture = try await configMap()
        let body = #"{"metadata":{"name":"a"},"data":\#(nested(30_000))}"#
        let verb = type.contains("patch") ? "PATCH" : "PUT"
        let path = APIFixture.configMaps + "/a"
        let answer = try await ask(fixture, verb, path, "fieldManager=m", body, type: type)
        #expect(answer.status == 400)
        #expect(answer.message.contains("exceeded max depth"), "\(answer.message.prefix(300))")
    }

    @Test func whatIsStoredNeverNestsTooDeeply() async throws {
        let fixture = try await configMap()
        let deep = try JSON.parse(
            Array(#"{"metadata":{"name":"b"},"data":\#(nested(JSON.maximumStoredDepth))}"#.utf8),
            maximumDepth: JSON.maximumStoredDepth + 1
        ).value
        let key = ObjectKey(GroupResource(group: "", resource: "configmaps"), namespace: "ns", name: "b")
        do {
            _ = try await fixture.store.commit(Transaction(conditions: [], operations: [.put(key, Document(deep))]))
            Issue.record("stored")
        } catch {
            guard case .tooDeep(key) = error else { throw error }
            #expect(error.status(key.resource, name: "b").message == "exceeded max depth")
        }
    }

    /// Reading, checking, comparing, storing, owning, patching, writing and freeing: all of it, at the limit.
    @Test func aRequestAtTheLimitGetsByWithASmallStack() async throws {
        try await withTaskExecutorPreference(SmallStackExecutor()) {
            let custom = CustomResourceTests()
            let fixture = try await custom.fixture()
            let path = CustomResourceTests.things
            let head = #"{"apiVersion":"example.com/v1","kind":"Thing","metadata":{"name":"a"},"spec":"#
            let deepest = JSON.maximumDepth - 1
            let created = try await ask(fixture, "POST", path, "", head + nested(deepest) + "}")
            #expect(created.status == 201, "\(created.message)")
            let applied = try await ask(
                fixture, "PATCH", path + "/b", "fieldManager=m",
                head.replacing("\"a\"", with: "\"b\"") + nested(deepest) + "}",
                type: "application/apply-patch+yaml")
            #expect(applied.status == 201, "\(applied.message)")
            let other = nested(deepest - 1, inside: "2")
            let merged = try await ask(
                fixture, "PATCH", path + "/a", "", #"{"spec":{"b":\#(other)}}"#, type: "application/merge-patch+json")
            #expect(merged.status == 200, "\(merged.message)")
            let patched = try await ask(
                fixture, "PATCH", path + "/a", "",
                #"[{"op":"test","path":"/spec/b","value":\#(nested(deepest - 2, inside: "2"))}]"#, type: Self.jsonPatch)
            #expect(patched.status == 422, "\(patched.message)")
            let moved = try await ask(
                fixture, "PATCH", path + "/a", "", #"[{"op":"copy","from":"/spec/b","path":"/spec/c"}]"#,
                type: Self.jsonPatch)
            #expect(moved.status == 200, "\(moved.message)")
            var yaml = APIFixture.request("GET", path, accept: "application/yaml")
            #expect(try await fixture.finish(fixture.pipeline.handle(yaml)).status == 200)
            yaml = APIFixture.request("DELETE", path)
            #expect(try await fixture.finish(fixture.pipeline.handle(yaml)).status == 200)
        }
    }
}
