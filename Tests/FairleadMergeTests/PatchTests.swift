import FairleadMerge
import FairleadModel
import Testing

@Suite struct MergePatchTests {
    /// The examples of RFC 7386, appendix A, as far as the patch is an object.
    @Test(arguments: [
        ("{'a':'b'}", "{'a':'c'}", "{'a':'c'}"), ("{'a':'b'}", "{'b':'c'}", "{'a':'b','b':'c'}"),
        ("{'a':'b'}", "{'a':null}", "{}"), ("{'a':'b','b':'c'}", "{'a':null}", "{'b':'c'}"),
        ("{'a':['b']}", "{'a':'c'}", "{'a':'c'}"), ("{'a':'c'}", "{'a':['b']}", "{'a':['b']}"),
        ("{'a':{'b':'c'}}", "{'a':{'b':'d','c':null}}", "{'a':{'b':'d'}}"),
        ("{'a':[{'b':'c'}]}", "{'a':[1]}", "{'a':[1]}"), ("{'e':null}", "{'a':1}", "{'a':1,'e':null}"),
        ("{}", "{'a':{'bb':{'ccc':null}}}", "{'a':{'bb':{}}}"), ("{'a':1}", "null", "{'a':1}"),
        ("{'a':1}", "{'l':[{'x':null,'y':1},null]}", "{'a':1,'l':[{'y':1},null]}"),
    ])
    func followsTheStandard(target: String, patch: String, result: String) throws {
        let merge = try MergePatch(decoding: Array(json(patch).utf8))
        #expect(try merge.applied(to: parse(target)).jsonText == json(result))
    }

    @Test(arguments: [
        ("[", "error decoding patch: unexpected end of JSON input"),
        ("data: {k: w}", "error decoding patch: invalid character 'd' looking for beginning of value"),
        ("\"x\"", "error decoding patch: json: cannot unmarshal string into Go value of type map[string]interface {}"),
        ("[1]", "error decoding patch: json: cannot unmarshal array into Go value of type map[string]interface {}"),
    ])
    func refusesOtherBodies(body: String, message: String) {
        #expect(throws: APIStatus.badRequest(message)) { try MergePatch(decoding: Array(body.utf8)) }
    }
}

@Suite struct JSONPatchTests {
    @Test(arguments: [
        ("{'a':1}", "[{'op':'add','path':'/b','value':[2]}]", "{'a':1,'b':[2]}"),
        (
            "{'l':[1,2]}", "[{'op':'add','path':'/l/1','value':9},{'op':'add','path':'/l/-','value':3}]",
            "{'l':[1,9,2,3]}"
        ),
        (
            "{'l':[1,2,3]}", "[{'op':'remove','path':'/l/-1'},{'op':'replace','path':'/l/0','value':null}]",
            "{'l':[null,2]}"
        ),
        ("{'a':{}}", "[{'op':'replace','path':'/a/none','value':1}]", "{'a':{'none':1}}"),
        (
            "{'a/b':1,'m~n':2}", "[{'op':'remove','path':'/a~1b'},{'op':'replace','path':'/m~0n','value':3}]",
            "{'m~n':3}"
        ),
        ("{'a':{'x':1},'b':{}}", "[{'op':'move','from':'/a/x','path':'/b/y'}]", "{'a':{},'b':{'y':1}}"),
        (
            "{'a':[1]}", "[{'op':'copy','from':'/a','path':'/b'},{'op':'test','path':'/b','value':[1.0]}]",
            "{'a':[1],'b':[1]}"
        ),
        ("{'a':1}", "[{'op':'test','path':'/none','value':null},{'op':'test','path':'/a','value':1}]", "{'a':1}"),
        ("{'a':1}", "[]", "{'a':1}"),
    ])
    func followsTheStandard(target: String, patch: String, result: String) throws {
        let patch = try JSONPatch(decoding: Array(json(patch).utf8))
        #expect(try patch.applied(to: parse(target)).jsonText == json(result))
    }

    @Test(arguments: [
        "[{'op':'test','path':'/a','value':2}]", "[{'op':'remove','path':'/none'}]", "[{'op':'nonsense','path':'/a'}]",
        "[{'op':'add','path':'/none/deep','value':1}]", "[{'op':'add','path':'/l/3','value':1}]",
        "[{'op':'remove','path':'/l/2'}]", "[{'op':'replace','path':'/l/x','value':1}]",
        "[{'op':'add','path':'','value':1}]",
        "[{'op':'add'}]", "[{'op':'move','from':'/none/x','path':'/b'}]", "[{'op':'add','path':'/a/b','value':1}]",
        "[null]",
    ])
    func everyFailureIsTheSameAnswer(patch: String) throws {
        let patch = try JSONPatch(decoding: Array(json(patch).utf8))
        let rejected = APIStatus(
            code: 422, reason: "Invalid", message: "the server rejected our request due to an error in our request",
            details: .init())
        #expect(throws: rejected) { try patch.applied(to: parse("{'a':1,'l':[1,2]}")) }
    }

    @Test func refusesOtherBodies() {
        #expect(throws: APIStatus.badRequest("error decoding patch: unexpected end of JSON input")) {
            try JSONPatch(decoding: Array("[{".utf8))
        }
        for body in ["{\"op\":\"add\"}", "[1]", "\"x\""] {
            #expect(throws: APIStatus.self) { try JSONPatch(decoding: Array(body.utf8)) }
        }
    }

    @Test func copiesCannotGrowWithoutBound() throws {
        var operations: [Value] = []
        for index in 0..<60 {
            operations.append(["op": "copy", "from": "/a", "path": .string("/a/k\(index)")])
        }
        let patch = try JSONPatch(decoding: Value.array(operations).jsonBytes)
        #expect(throws: APIStatus.self) { try patch.applied(to: ["a": ["text": "0123456789"]]) }
    }
}

@Suite struct StrategicMergePatchTests {
    @Test(arguments: [
        // Elements merge by key; new ones go in front.
        (
            "{'ports':[{'port':80,'name':'a'},{'port':443}]}", "{'ports':[{'port':443,'targetPort':1}]}",
            "{'ports':[{'name':'a','port':80},{'port':443,'targetPort':1}]}"
        ),
        (
            "{'ports':[{'port':80},{'port':443}]}", "{'ports':[{'port':9}]}",
            "{'ports':[{'port':9},{'port':80},{'port':443}]}"
        ),
        (
            "{'ports':[{'port':80},{'port':443}]}", "{'ports':[{'port':443},{'port':80}]}",
            "{'ports':[{'port':443},{'port':80}]}"
        ),
        // Directives of elements.
        (
            "{'ports':[{'port':80},{'port':443}]}", "{'ports':[{'port':80,'$patch':'delete'}]}",
            "{'ports':[{'port':443}]}"
        ),
        ("{'ports':[{'port':80}]}", "{'ports':[{'port':1,'$patch':'delete'}]}", "{'ports':[{'port':80}]}"),
        ("{'ports':[{'port':80}]}", "{'ports':[{'port':7},{'$patch':'replace'}]}", "{'ports':[{'port':7}]}"),
        // Maps.
        ("{'labels':{'x':'1','y':'2'}}", "{'labels':{'x':null,'z':'3'}}", "{'labels':{'y':'2','z':'3'}}"),
        ("{'labels':{'x':'1'}}", "{'labels':{'$patch':'replace','n':'1'}}", "{'labels':{'n':'1'}}"),
        ("{'labels':{'x':'1'}}", "{'labels':{'$patch':'delete'}}", "{'labels':{}}"),
        ("{}", "{'labels':{'$patch':'replace','only':'this'}}", "{}"),
        ("{}", "{'ports':[{'port':1,'x':null},{'port':2,'$patch':'delete'}]}", "{'ports':[{'port':1}]}"),
        // Lists of scalars; lists without a strategy.
        ("{'finalizers':['a','b']}", "{'finalizers':['c','a']}", "{'finalizers':['c','a','b']}"),
        ("{'finalizers':['a','b']}", "{'$deleteFromPrimitiveList/finalizers':['a','q']}", "{'finalizers':['b']}"),
        ("{}", "{'$deleteFromPrimitiveList/finalizers':['a']}", "{}"),
        ("{'args':['x','y']}", "{'args':['z']}", "{'args':['z']}"), ("{'args':['x']}", "{'args':null}", "{}"),
        // Retained keys.
        (
            "{'strategy':{'type':'R','rolling':{}}}", "{'strategy':{'$retainKeys':['type'],'type':'C'}}",
            "{'strategy':{'type':'C'}}"
        ),
        // Order.
        (
            "{'ports':[{'port':1},{'port':2},{'port':3}]}",
            "{'$setElementOrder/ports':[{'port':3},{'port':4},{'port':1}],'ports':[{'port':4}]}",
            "{'ports':[{'port':2},{'port':3},{'port':4},{'port':1}]}"
        ),
        (
            "{'ports':[{'port':1},{'port':2}]}",
            "{'$setElementOrder/ports':[{'port':1}],'ports':[{'port':2,'$patch':'delete'},{'port':1,'n':1}]}",
            "{'ports':[{'n':1,'port':1}]}"
        ),
        (
            "{'finalizers':['a','b','c']}", "{'$setElementOrder/finalizers':['c','a','d'],'finalizers':['d']}",
            "{'finalizers':['b','c','a','d']}"
        ),
        // Types that differ.
        ("{'labels':{'a':'b'}}", "{'labels':'x'}", "{'labels':'x'}"),
    ])
    func mergesAsTheSchemaSays(target: String, patch: String, result: String) throws {
        let patch = try StrategicMergePatch(decoding: Array(json(patch).utf8))
        #expect(try patch.applied(to: parse(target), schema: TestSchema()).jsonText == json(result))
    }

    @Test(arguments: [
        ("{'ports':[{'name':'a'}]}", 500, "map: map[name:a] does not contain declared merge key: port"),
        (
            "{'ports':[{'port':80,'$patch':'nonsense'}]}", 500,
            "unknown patch type: nonsense in map: map[$patch:nonsense port:80]"
        ),
        ("{'labels':{'$patch':'merge'}}", 500, "unknown patch type: merge in map: map[$patch:merge]"),
        ("{'ports':[{'port':80,'$patch':'merge'}]}", 500, "merging lists cannot yet be specified in the patch"),
        ("{'labels':{'$retainKeys':['a'],'b':'c'}}", 400, "invalid patch format of retainKeys"),
        ("{'$deleteFromPrimitiveList':['a']}", 400, "invalid patch format of primitive list"),
        ("{'$setElementOrder/ports':'x'}", 500, "expected a slice, but received a string"),
        (
            "{'$setElementOrder/ports':[{'port':9}],'ports':[{'port':8}]}", 500,
            "The order in patch list:\n[map[port:8]]\n doesn't match $setElementOrder list:\n[map[port:9]]\n"
        ),
        ("{'ports':['x']}", 500, "list element types are not identical: [map[port:80] x]"),
    ])
    func explainsBadPatches(patch: String, code: Int, message: String) throws {
        let patch = try StrategicMergePatch(decoding: Array(json(patch).utf8))
        let target = try parse("{'ports':[{'port':80}],'labels':{'a':'b'}}")
        let expected = APIStatus(code: code, reason: code == 400 ? "BadRequest" : "", message: message)
        #expect(throws: expected) { try patch.applied(to: target, schema: TestSchema()) }
    }

    @Test func refusesOtherBodies() {
        #expect(throws: APIStatus.badRequest("unexpected end of JSON input")) {
            try StrategicMergePatch(decoding: Array("{".utf8))
        }
        let message = "json: cannot unmarshal string into Go value of type map[string]interface {}"
        #expect(throws: APIStatus.badRequest(message)) { try StrategicMergePatch(decoding: Array("\"x\"".utf8)) }
    }
}

/// Fields as a Service or a Deployment has them, at every level.
private struct TestSchema: PatchSchema {
    func patchField(_ name: String) -> PatchField? {
        switch name {
        case "ports": PatchField(child: self, mergeKey: "port", strategies: ["merge"])
        case "finalizers": PatchField(child: nil, strategies: ["merge"])
        case "strategy": PatchField(child: self, strategies: ["retainKeys"])
        default: PatchField(child: self)
        }
    }
}

/// Single quotes keep the tables above readable.
private func json(_ text: String) -> String { text.replacing("'", with: "\"") }

private func parse(_ text: String) throws -> Value { try JSON.parse(Array(json(text).utf8)).value }

struct JSONPatchOfTheWholeTests {
    private let object: Value = ["a": 1, "b": ["c": [1, 2]]]

    @Test func theWholeDocumentCanBeTestedAndReplaced() throws {
        let patch: Value = [["op": "test", "path": "", "value": ["a": 1, "b": ["c": [1, 2]]]]]
        #expect(try JSONPatch.apply(patch, to: object) == object)
        let other: Value = [
            ["op": "replace", "path": "", "value": ["x": 1]], ["op": "add", "path": "/y", "value": 2],
        ]
        #expect(try JSONPatch.apply(other, to: object) == ["x": 1, "y": 2])
        // A scalar is no document: the operation does nothing, as in the library of kube-apiserver.
        #expect(try JSONPatch.apply([["op": "replace", "path": "", "value": 7]], to: object) == object)
    }

    @Test(arguments: ["add", "remove", "move", "copy"])
    func otherOperationsOnTheWholeAreRefused(operation: String) {
        let patch: Value = [["op": .string(operation), "path": "", "from": "/a", "value": 1]]
        #expect(throws: APIStatus.self) { try JSONPatch.apply(patch, to: object) }
    }

    @Test func aTestOfTheWholeFails() {
        #expect(throws: APIStatus.self) {
            try JSONPatch.apply([["op": "test", "path": "", "value": ["a": 1]]], to: object)
        }
    }
}
