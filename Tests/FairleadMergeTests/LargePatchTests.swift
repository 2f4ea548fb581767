import FairleadModel
import FairleadRandomTesting
import Testing

@testable import FairleadMerge

/// Patches of many operations, and lists and owners of great number, come out as small ones do.
struct LargePatchTests {
    @Test func operationsOnALongListAreThoseOnAnArray() throws {
        var random = SplitMix64(seed: 3)
        var expected = (0..<3000).map { Int64($0) }
        var operations: [Value] = [["op": "add", "path": "/l", "value": .array(expected.map { .int($0) })]]
        for step in 0..<4000 {
            let number = Int64(10_000 + step)
            let index = Int.random(in: 0..<max(expected.count, 1), using: &random)
            switch Int.random(in: 0..<5, using: &random) {
            case 0 where !expected.isEmpty:
                operations.append(["op": "remove", "path": .string("/l/\(index)")])
                expected.remove(at: index)
            case 1 where !expected.isEmpty:
                operations.append(["op": "replace", "path": .string("/l/\(index)"), "value": .int(number)])
                expected[index] = number
            case 2 where !expected.isEmpty:
                operations.append(["op": "move", "from": .string("/l/\(index)"), "path": "/l/0"])
                expected.insert(expected.remove(at: index), at: 0)
            case 3:
                operations.append(["op": "add", "path": "/l/-", "value": .int(number)])
                expected.append(number)
            default:
                operations.append(["op": "add", "path": "/l/0", "value": .int(number)])
                expected.insert(number, at: 0)
            }
        }
        operations.append(["op": "test", "path": "/l", "value": .array(expected.map { .int($0) })])
        let result = try JSONPatch(.array(operations)).applied(to: .object(Object()))
        #expect(result["l"]?.array == expected.map { .int($0) })
    }

    /// Those of policies and webhooks are explained, which is no way around the limit.
    @Test func copiesOfManyOperationsAreLimitedTogether() throws {
        let document: Value = ["a": .string(String(repeating: "x", count: 99_998))]
        let operations = (0..<1000).map { ["op": "copy", "from": "/a", "path": .string("/b\($0)")] as Value }
        let expected =
            "Unable to complete the copy, the accumulated size increase of copy is 3200000, exceeding the limit 3145728"
        #expect {
            try JSONPatch.result(of: operations, on: document)
        } throws: {
            ($0 as? JSONPatchFailure)?.text == expected
        }
        let patch = try JSONPatch(.array(operations))
        #expect(patch.explanation(of: .patchRejected, on: document) == expected)
        let few = try JSONPatch.result(of: Array(operations.prefix(3)), on: document)
        #expect(few["b2"] == document["a"])
    }

    @Test func anExplanationIsOfTheDocumentBeforeTheOperation() throws {
        let document: Value = ["a": 1, "c": [:]]
        let operations: [Value] = [
            ["op": "add", "path": "/b", "value": 2], ["op": "move", "from": "/b", "path": "/x/y"],
            ["op": "test", "path": "/never", "value": 1],
        ]
        let expected = "move operation does not apply: doc is missing destination path: /x/y: missing value"
        #expect {
            try JSONPatch.result(of: operations, on: document)
        } throws: {
            ($0 as? JSONPatchFailure)?.text == expected
        }
        #expect(try JSONPatch(.array(operations)).explanation(of: .patchRejected, on: document) == expected)
        // A test that fails leaves all as it was.
        let tested: [Value] = [operations[0], operations[2]]
        #expect(try JSONPatch.result(of: tested, on: document) == document)
    }

    @Test func whatWasTakenApartIsComparedAndCopiedAsAWhole() throws {
        let operations: Value = [
            ["op": "add", "path": "/a/b", "value": [1]], ["op": "add", "path": "/a/b/-", "value": ["c": 2]],
            ["op": "test", "path": "/a", "value": ["b": [.double(1), ["c": 2]]]],
            ["op": "copy", "from": "/a/b", "path": "/d"], ["op": "replace", "path": "/a/b/1/c", "value": 3],
            ["op": "move", "from": "/a/b", "path": "/a/e"],
            ["op": "test", "path": "", "value": ["a": ["e": [1, ["c": 3]]], "d": [1, ["c": 2]]]],
        ]
        let result = try JSONPatch(operations).applied(to: ["a": [:]])
        #expect(result.jsonText == #"{"a":{"e":[1,{"c":3}]},"d":[1,{"c":2}]}"#)
        #expect(throws: APIStatus.patchRejected) {
            try JSONPatch([["op": "add", "path": "/a/b", "value": 1], ["op": "test", "path": "/a", "value": [:]]])
                .applied(to: ["a": [:]])
        }
    }

    @Test func manyOwnersAreFoundReplacedAndRemoved() {
        var managed = ManagedFields()
        var expected: Set<String> = []
        var random = SplitMix64(seed: 5)
        for step in 0..<600 {
            let name = "m\(Int.random(in: 0..<40, using: &random))"
            let owner = FieldOwner(manager: name, operation: .update, apiVersion: "v1")
            #expect((managed[owner] != nil) == expected.contains(name))
            if step % 3 == 2 {
                managed[owner] = nil
                expected.remove(name)
            } else {
                managed[owner] = ManagedFields.Entry(owner, FieldSet([[.field("f\(step)")]]), time: nil)
                expected.insert(name)
                #expect(managed[owner]?.set.contains([.field("f\(step)")]) == true)
            }
            #expect(managed.entries.count == expected.count)
        }
    }

    @Test func theOldestOfManyUpdatesArePutTogether() throws {
        var managed = ManagedFields()
        for index in 0..<50 {
            let owner = FieldOwner(manager: "m\(index)", operation: .update, apiVersion: index == 49 ? "v2" : "v1")
            let second = index < 10 ? "0\(index)" : "\(index)"
            managed[owner] = ManagedFields.Entry(
                owner, FieldSet([[.field("f\(index)")]]), time: "2026-01-01T00:00:\(second)Z")
        }
        managed.cap()
        #expect(managed.entries.count == 10)
        let bucket = FieldOwner(manager: "ancient-changes", operation: .update, apiVersion: "v1")
        let ancient = try #require(managed[bucket])
        #expect(ancient.set.memberCount == 41)
        #expect(ancient.time == "2026-01-01T00:00:40Z")
    }

    @Test func fewFieldsAgainstManyAreTheSameAsManyAgainstFew() {
        let many = FieldSet((0..<500).flatMap { [[PathElement.field("f\($0)")], [.field("f\($0)"), .field("x")]] })
        let few = FieldSet([
            [.field("f7")], [.field("f8"), .field("x")], [.field("f8"), .field("y")], [.field("none")],
        ])
        #expect(Set(few.intersection(many).paths) == Set(many.intersection(few).paths))
        #expect(few.subtracting(many).paths == [[.field("none")], [.field("f8"), .field("y")]])
        #expect(few.subtractingTrees(many).paths == [[.field("none")]])
        #expect(FieldSet.union(of: [few, many, FieldSet(), few]) == few.union(many))
    }
}
