import FairleadModel
import Testing

@testable import FairleadMerge

/// The words of kube-apiserver's library for JSON patches, as webhooks and policies show them.
struct PatchExplanationTests {
    private static let document: Value = ["data": ["k": "v"], "list": [1, 2]]

    private static let faults: [(operation: Value, words: String)] = [
        (["op": "dance", "path": "/data"], "Unexpected kind: dance"),
        (["path": "/data"], "Unexpected kind: unknown"),
        (["op": "add", "value": 1], "add operation failed to decode path: missing value"),
        (["op": "replace"], "replace operation failed to decode path: operation missing path field: missing value"),
        (
            ["op": "move", "path": "/x"],
            "move operation failed to decode from: operation, missing from field: missing value"
        ),
        (
            ["op": "add", "path": "/none/k", "value": 1],
            "add operation does not apply: doc is missing path: \"/none/k\": missing value"
        ),
        (
            ["op": "add", "path": "/list/x", "value": 1],
            "error in add for path: '/list/x': value was not a proper array index: 'x': strconv.Atoi: parsing \"x\": invalid syntax"
        ),
        (
            ["op": "add", "path": "/list/9", "value": 1],
            "error in add for path: '/list/9': Unable to access invalid index: 9: invalid index referenced"
        ),
        (
            ["op": "remove", "path": "/data/none"],
            "error in remove for path: '/data/none': Unable to remove nonexistent key: none: missing value"
        ),
        (
            ["op": "remove", "path": "/list/x"],
            "error in remove for path: '/list/x': strconv.Atoi: parsing \"x\": invalid syntax"
        ),
        (
            ["op": "replace", "path": "/none/k", "value": 1],
            "replace operation does not apply: doc is missing path: /none/k: missing value"
        ),
        (
            ["op": "move", "from": "/data/none", "path": "/x"],
            "error in move for path: 'none': Unable to remove nonexistent key: none: missing value"
        ),
        (
            ["op": "copy", "from": "/data/k", "path": "/none/x"],
            "copy operation does not apply: doc is missing destination path: /none/x: missing value"
        ),
        (["op": "test", "path": "/data/k", "value": "x"], "testing value /data/k failed: test failed"),
    ]

    @Test(arguments: faults)
    func patchesFailInTheWordsOfTheLibrary(_ operation: Value, _ words: String) throws {
        let patch = try JSONPatch(.array([["op": "test", "path": "/data/k", "value": "v"], operation]))
        do throws(APIStatus) {
            _ = try patch.applied(to: Self.document)
            Issue.record("\(operation) applies")
        } catch {
            #expect(patch.explanation(of: error, on: Self.document) == words)
        }
    }

    @Test func aTestThatFailsLeavesTheDocument() throws {
        let operations: [Value] = [
            ["op": "remove", "path": "/data/k"], ["op": "test", "path": "/list/0", "value": 7],
        ]
        #expect(try JSONPatch.result(of: operations, on: Self.document) == Self.document)
        #expect(throws: JSONPatchFailure.self) {
            try JSONPatch.result(of: [["op": "remove", "path": "/none"]], on: Self.document)
        }
    }
}
