import FairleadExpressions
import FairleadModel
import Testing

@testable import FairleadAdmission

struct ValidatingPolicyTests {
    private func message(
        _ spec: Value, _ binding: Value = Fixture.binding(), request: PolicyRequest = Fixture.request(),
        cluster: TestCluster = TestCluster()
    ) -> String? {
        let verdict = Fixture.set([Fixture.policy("p", spec)], [binding]).validate(request, cluster)
        return verdict.denial?.message
    }

    private static let prefix =
        "configmaps \"x\" is forbidden: ValidatingAdmissionPolicy 'p' with binding 'b' denied request: "

    private func validations(_ expression: String, _ more: Value = [:]) -> Value {
        var validation = more
        validation["expression"] = .string(expression)
        return ["validations": [validation]]
    }

    @Test func whatHoldsIsAllowed() {
        #expect(message(validations("object.data.k == 'v' && request.operation == 'CREATE'")) == nil)
        #expect(message(validations("oldObject == null && namespaceObject.metadata.labels.team == 'a'")) == nil)
    }

    @Test func aDenialHasReasonAndCause() throws {
        let set = Fixture.set([Fixture.policy("p", validations("false", ["message": " no ", "reason": "Forbidden"]))])
        let denial = try #require(set.validate(Fixture.request(), TestCluster()).denial)
        #expect(denial.code == 403 && denial.reason == "Forbidden")
        #expect(denial.message == Self.prefix + "no")
        #expect(
            denial.details?.causes.map(\.message) == [
                "ValidatingAdmissionPolicy 'p' with binding 'b' denied request: no"
            ])
    }

    @Test(arguments: [
        (
            "object.data.missing == 'x'",
            "expression 'object.data.missing == 'x'' resulted in error: no such key: missing"
        ),
        ("oldObject.data.k == 'x'", "expression 'oldObject.data.k == 'x'' resulted in error: no such key: data"),
        ("object.data.k < 1", "expression 'object.data.k < 1' resulted in error: no such overload"),
        ("1 == 2", "failed expression: 1 == 2"),
        (
            "nope",
            "compilation error: compilation failed: ERROR: <input>:1:1: undeclared reference to 'nope' (in container '')\n | nope\n | ^"
        ),
    ])
    func failuresDeny(expression: String, words: String) {
        #expect(message(validations(expression)) == Self.prefix + words)
    }

    @Test(arguments: [
        ("true", "Fail", []), ("false", "Fail", ["no_error deny"]),
        ("object.data.missing == 'x'", "Fail", ["invalid_error deny"]),
        ("object.data.missing == 'x'", "Ignore", ["invalid_error allow"]), ("nope", "Fail", ["compile_error deny"]),
    ])
    func decisionsAreObserved(expression: String, failurePolicy: String, observed: [String]) {
        var spec = validations(expression)
        spec["failurePolicy"] = .string(failurePolicy)
        let set = Fixture.set([Fixture.policy("p", spec)], [Fixture.binding()])
        let observations = set.validate(Fixture.request(), TestCluster()).observations
        #expect(observations.map { "\($0.error.rawValue) \($0.action ?? "")" } == observed)
        #expect(observations.allSatisfy { $0.policy == "p" && $0.binding == "b" })
    }

    @Test func failuresMayBeIgnored() {
        var spec = validations("object.data.missing == 'x'")
        spec["failurePolicy"] = "Ignore"
        #expect(message(spec) == nil)
        spec["validations"] = [["expression": "object.data.k == 'x'"]]
        #expect(message(spec) != nil)
    }

    @Test func messagesAreMade() {
        let made = validations("false", ["messageExpression": "'n' + string(size(object.data))", "message": "m"])
        #expect(message(made) == Self.prefix + "n1")
        let failing = validations("false", ["messageExpression": "string(object.none)", "message": "m"])
        #expect(message(failing) == Self.prefix + "m")
        let lines = validations("false", ["messageExpression": "'a\\nb'"])
        #expect(message(lines) == Self.prefix + "failed expression: false")
    }

    @Test func variablesAreEvaluatedWhenTheyAreAskedFor() {
        var spec = validations("variables.b == 2 || variables.a")
        spec["variables"] = [
            ["name": "a", "expression": "object.none"], ["name": "n", "expression": "size(object.data)"],
            ["name": "b", "expression": "variables.n + 1"],
        ]
        #expect(message(spec) == nil)
        spec["validations"] = [["expression": "variables.a == 1"]]
        #expect(
            message(spec) == Self.prefix
                + "expression 'variables.a == 1' resulted in error: composited variable \"a\" fails to evaluate: no such key: none"
        )
        // The variable means the request's object, whatever a loop calls so.
        spec["validations"] = [["expression": "[5].all(object, variables.n == 1)"]]
        #expect(message(spec) == nil)
    }

    @Test func longChainsOfVariablesFail() {
        var variables: [Value] = [["name": "v0", "expression": "1"]]
        for number in 1...2_000 {
            variables.append(
                ["name": .string("v\(number)"), "expression": .string("variables.v\(number - 1) + 1")])
        }
        var spec = validations("variables.v2000 == 0")
        spec["variables"] = .array(variables)
        #expect(message(spec)?.contains("variables are nested more than 32 deep") == true)
    }

    @Test func conditionsDecideFirst() {
        var spec = validations("false")
        spec["matchConditions"] = [
            ["name": "a", "expression": "object.none == 1"],
            ["name": "b", "expression": "request.userInfo.username == 'bob'"],
        ]
        #expect(message(spec) == nil)
        #expect(
            message(spec, request: Fixture.request(user: "bob"))
                == Self.prefix + "expression 'object.none == 1' resulted in error: no such key: none")
    }

    @Test func actionsWarnAndAnnotate() {
        let set = Fixture.set(
            [Fixture.policy("p", validations("false", ["message": "m"]))],
            [Fixture.binding(actions: ["Warn", "Audit"])])
        let verdict = set.validate(Fixture.request(), TestCluster())
        #expect(verdict.denial == nil)
        #expect(verdict.warnings == ["Validation failed for ValidatingAdmissionPolicy 'p' with binding 'b': m"])
        #expect(
            verdict.annotations.map(\.value) == [
                #"[{"binding":"b","expressionIndex":0,"message":"m","policy":"p","validationActions":["Warn","Audit"]}]"#
            ])
    }

    @Test func annotationsArePublished() {
        let spec: Value = [
            "auditAnnotations": [
                ["key": "who", "valueExpression": "request.userInfo.username"],
                ["key": "none", "valueExpression": "null"],
            ]
        ]
        let verdict = Fixture.set([Fixture.policy("p", spec)]).validate(Fixture.request(), TestCluster())
        #expect(verdict.annotations.map(\.key) == ["p/who"] && verdict.annotations.map(\.value) == ["alice"])
    }

    @Test func theAuthorizerIsAsked() {
        let expression = "authorizer.group('').resource('pods').namespace('m').check('alice').allowed()"
        #expect(message(validations(expression)) == nil)
        #expect(message(validations(expression), request: Fixture.request(user: "bob")) != nil)
        #expect(message(validations("authorizer.requestResource.check('get').reason() == 'configmapsn'")) == nil)
        #expect(message(validations("authorizer.path('/x').check('alice').errored()")) != nil)
    }

    @Test func parametersAreLookedUp() {
        var spec = validations("object.data.k == params.data.wanted")
        spec["paramKind"] = ["apiVersion": "v1", "kind": "ConfigMap"]
        let named = Fixture.binding("b", ["paramRef": ["name": "s", "parameterNotFoundAction": "Deny"]])
        let settings: Value = [
            "metadata": ["name": "s", "namespace": "n", "labels": ["a": "b"]], "data": ["wanted": "v"],
        ]
        #expect(message(spec, named, cluster: TestCluster(settings: [settings])) == nil)
        #expect(
            message(spec, named) == Self.prefix
                + "failed to configure binding: no params found for policy binding with `Deny` parameterNotFoundAction")
        let lenient = Fixture.binding("b", ["paramRef": ["name": "s", "parameterNotFoundAction": "Allow"]])
        #expect(message(spec, lenient) == nil)
        var other = settings
        other.name = "t"
        other.set("w", at: "data", "wanted")
        let chosen = Fixture.binding(
            "b",
            [
                "paramRef": ["selector": ["matchLabels": ["a": "b"]], "parameterNotFoundAction": "Deny"]
            ])
        #expect(message(spec, chosen, cluster: TestCluster(settings: [settings])) == nil)
        #expect(message(spec, chosen, cluster: TestCluster(settings: [settings, other])) != nil)
        spec["paramKind"] = ["apiVersion": "g/v1", "kind": "Thing"]
        #expect(
            message(spec, named)
                == "configmaps \"x\" is forbidden: ValidatingAdmissionPolicy 'p' denied request: failed to configure policy: "
                + "failed to find resource referenced by paramKind: 'g/v1, Kind=Thing'")
    }

    @Test func costIsBounded() {
        let nested = "['a','b','c','d','e','f','g','h','i','j'].all(x, "
        let expression = String(repeating: nested, count: 7) + "true" + String(repeating: ")", count: 7)
        #expect(message(validations(expression))?.contains("operation cancelled: actual cost limit exceeded") == true)
    }

    @Test func allExpressionsShareABudget() throws {
        let compiler = AdmissionCompiler()
        let expression = try compiler.compile("[1, 2, 3].all(x, x > 0)", .bool)
        var evaluation = AdmissionEvaluation(
            .init(object: [:], oldObject: .null, request: [:]), compiler, budget: 100)
        var rounds = 0
        while rounds < 100, (try? evaluation.evaluate(expression)) != nil { rounds += 1 }  // fails when nothing is left
        #expect((2...10).contains(rounds))
    }
}
