import FairleadModel
import Testing

@testable import FairleadAdmission

struct MutatingPolicyTests {
    private func mutated(
        _ policies: [Value], again: ((inout Value) -> Void)? = nil
    ) throws(APIStatus) -> Value {
        let bindings = policies.map { Fixture.binding(policy: $0.name) }
        let set = PolicySet(validating: [], [], mutating: policies, bindings, previous: PolicySet())
        var reinvocation = PolicyReinvocation()
        var request = Fixture.request()
        request.object = try set.mutate(request, TestCluster(), TestPatcher(), &reinvocation)
        if let again, var object = request.object {
            let before = object
            again(&object)
            if object != before { reinvocation.objectChanged() }
            request.object = object
            reinvocation.beginAgain()
            request.object = try set.mutate(request, TestCluster(), TestPatcher(), &reinvocation)
        }
        return request.object ?? .null
    }

    private func policy(
        _ expression: String, patch: Bool = false, name: String = "p", reinvocation: String = "Never"
    ) -> Value {
        let mutation: Value =
            patch
            ? ["patchType": "JSONPatch", "jsonPatch": ["expression": .string(expression)]]
            : ["patchType": "ApplyConfiguration", "applyConfiguration": ["expression": .string(expression)]]
        return Fixture.policy(name, ["mutations": [mutation], "reinvocationPolicy": .string(reinvocation)])
    }

    @Test func configurationsAreApplied() throws {
        let object = try mutated([
            policy(
                "Object{metadata: Object.metadata{labels: {'by': request.userInfo.username}}, ?data: optional.none()}")
        ])
        #expect(object.labels == ["by": "alice"])
        #expect(object.at("data", "k") == "v")
    }

    @Test func patchesAreApplied() throws {
        let object = try mutated([
            policy(
                "has(object.data.k) ? [JSONPatch{op: 'add', path: '/data/' + jsonpatch.escapeKey('n'), value: 'w'}] : []",
                patch: true)
        ])
        #expect(object.at("data", "n") == "w")
    }

    @Test(arguments: [
        (
            "Object{metadata: Object.spec{}}",
            "type mismatch: unexpected type name \"Object.spec\", expected \"Object.metadata\", which matches field name path from root Object type"
        ),
        (
            "Object{metadata: object.none}",
            "expression 'Object{metadata: object.none}' resulted in error: no such key: none"
        ),
        ("object.data", "compilation error: must evaluate to Object but got dyn"),
    ])
    func failuresDeny(expression: String, words: String) throws {
        do {
            _ = try mutated([policy(expression)])
            Issue.record("admitted")
        } catch {
            #expect(error.message == "policy 'p' with binding 'b' denied request: " + words)
            #expect(error.code == 403 && error.reason == "Invalid")
        }
    }

    @Test func policiesSeeWhatOthersChanged() throws {
        let object = try mutated([
            policy("Object{data: Object.data{a: '1'}}", name: "p"),
            policy("Object{data: Object.data{b: object.data.a + '2'}}", name: "q"),
        ])
        #expect(object.at("data", "b") == "12")
    }

    @Test func policiesAreAskedAgainIfTheyWantTo() throws {
        func counting(_ reinvocation: String) -> Value {
            policy("Object{data: Object.data{k: object.data.k + '+'}}", reinvocation: reinvocation)
        }
        let change: (inout Value) -> Void = { $0.set("x", at: "data", "other") }
        #expect(try mutated([counting("IfNeeded")], again: change).at("data", "k") == "v++")
        #expect(try mutated([counting("Never")], again: change).at("data", "k") == "v+")
        #expect(try mutated([counting("IfNeeded")], again: { _ in }).at("data", "k") == "v+")
    }
}
