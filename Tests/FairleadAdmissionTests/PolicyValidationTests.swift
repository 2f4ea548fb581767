import FairleadKindRules
import FairleadModel
import Testing

struct PolicyValidationTests {
    private func errors(_ spec: Value, matches: Value? = nil, isMutating: Bool = false) -> [String] {
        var all = spec
        all["failurePolicy"] = all["failurePolicy"] ?? "Fail"
        all["matchConstraints"] =
            matches ?? [
                "matchPolicy": "Equivalent", "namespaceSelector": [:], "objectSelector": [:],
                "resourceRules": [
                    ["operations": ["*"], "apiGroups": ["g"], "apiVersions": ["v1"], "resources": ["things"]]
                ],
            ]
        let policy: Value = ["metadata": ["name": "p"], "spec": all]
        let errors = isMutating ? PolicyValidation.mutatingErrors(policy) : PolicyValidation.validatingErrors(policy)
        return errors.map(\.description)
    }

    private func expression(_ text: String) -> String? {
        errors(["validations": [["expression": .string(text)]]]).first
            .map { String($0.dropFirst("spec.validations[0].expression: Invalid value: ".count)) }
    }

    @Test func wellFormedPoliciesAreAccepted() {
        #expect(errors(["validations": [["expression": "object.x == 1"]]]).isEmpty)
        let mutation: Value = [
            "patchType": "ApplyConfiguration", "applyConfiguration": ["expression": "Object{nope: 1}"],
        ]
        #expect(errors(["reinvocationPolicy": "Never", "mutations": [mutation]], isMutating: true).isEmpty)
    }

    @Test(arguments: [
        (
            "object.",
            "compilation failed: ERROR: <input>:1:8: Syntax error: no viable alternative at input '.'\n | object.\n | .......^"
        ),
        (
            "object.(",
            "compilation failed: ERROR: <input>:1:8: Syntax error: no viable alternative at input '.('\n | object.(\n | .......^"
        ),
        ("1 + 1", "must evaluate to bool but got int"),
        (
            "request.nope",
            "compilation failed: ERROR: <input>:1:8: undefined field 'nope'\n | request.nope\n | .......^"
        ),
        (
            "variables.x",
            "compilation failed: ERROR: <input>:1:1: undeclared reference to 'variables' (in container '')\n | variables.x\n | ^"
        ),
        (
            "authorizer.check('x')",
            "compilation failed: ERROR: <input>:1:17: found no matching overload for 'check' applied to 'kubernetes.authorization.Authorizer.(string)'\n | authorizer.check('x')\n | ................^"
        ),
        (
            "true; false",
            "compilation failed: ERROR: <input>:1:5: Syntax error: token recognition error at: ';'\n | true; false\n | ....^\nERROR: <input>:1:7: Syntax error: extraneous input 'false' expecting <EOF>\n | true; false\n | ......^"
        ),
        (
            "Object{a: 1} == null",
            "compilation failed: ERROR: <input>:1:7: undeclared reference to 'Object' (in container '')\n | Object{a: 1} == null\n | ......^"
        ),
    ])
    func expressionsAreRefused(text: String, words: String) {
        #expect(expression(text) == text.goQuoted + ": " + words)
    }

    @Test func variablesHaveTypes() {
        let spec: Value = [
            "variables": [["name": "n", "expression": "size(object.x)"]],
            "validations": [["expression": "variables.n == 'a'"], ["expression": "variables.m"]],
        ]
        let found = errors(spec)
        #expect(found.count == 2)
        #expect(found[0].contains("found no matching overload for '_==_' applied to '(int, string)'"))
        #expect(found[1].contains("undefined field 'm'"))
    }

    @Test func messagesMayNotAskTheAuthorizer() {
        let spec: Value = [
            "validations": [
                [
                    "expression": "authorizer.path('/').check('get').allowed()",
                    "messageExpression": "authorizer.path('/').check('get').reason()",
                ]
            ]
        ]
        let found = errors(spec)
        #expect(found.count == 1 && found[0].contains("undeclared reference to 'authorizer' (in container '')"))
    }

    @Test func mutationsHaveTypes() {
        func found(_ expression: String) -> String? {
            let mutation: Value = ["patchType": "JSONPatch", "jsonPatch": ["expression": .string(expression)]]
            return errors(["reinvocationPolicy": "Never", "mutations": [mutation]], isMutating: true).first
        }
        #expect(found("true ? [] : [JSONPatch{op: 'dance', path: '/' + jsonpatch.escapeKey('a')}]") == nil)
        #expect(
            found("[JSONPatch{op: 1}]")?.contains("expected type of field 'op' is 'string' but provided type is 'int'")
                == true)
        #expect(found("[Object{}]")?.contains("must evaluate to list(JSONPatch) but got list(Object)") == true)
        #expect(found("[JSONPatch{nope: 1}]")?.contains("undefined field 'nope'") == true)
    }

    @Test func bindingsAreChecked() {
        func found(_ spec: Value) -> [String] {
            PolicyBindingValidation.errors(["spec": spec], isMutating: false).map(\.description)
        }
        #expect(found(["policyName": "p", "validationActions": ["Deny", "Audit"]]).isEmpty)
        #expect(
            found([:]) == [
                "spec.policyName: Required value",
                "spec.validationActions: Required value: at least one validation action is required",
            ])
        #expect(
            found(["policyName": "p", "validationActions": ["Deny"], "paramRef": [:]]) == [
                "spec.paramRef: Required value: one of name or selector must be specified",
                "spec.paramRef.parameterNotFoundAction: Required value",
            ])
    }
}
