import FairleadModel
import Testing

@testable import FairleadExpressions

/// Conditions that are decided without an evaluation, against the evaluation.
struct MatchConditionTests {
    private static let names = AdmissionEvaluation.Names(
        object: [
            "metadata": ["name": "web", "namespace": "ns", "labels": ["app": "web", "\u{212A}": "kelvin"]],
            "spec": ["replicas": 3, "list": ["a"], "empty": .null],
        ], oldObject: .null,
        request: ["operation": "CREATE", "userInfo": ["username": "alice"], "dryRun": false])

    private static let conditions = [
        "object.metadata.namespace == 'ns'", "'ns' == object.metadata.namespace", "object.metadata.namespace != 'ns'",
        "object.metadata.namespace == 'other'", "!(object.metadata.namespace == 'ns')",
        "request.operation in ['CREATE', 'UPDATE']", "request.operation in ['DELETE']",
        "request.operation == 'CREATE' && object.metadata.name == 'web'",
        "request.operation == 'DELETE' || object.metadata.name == 'web'",
        "request.operation == 'DELETE' && object.spec.missing == 'x'",
        "object.spec.missing == 'x' && request.operation == 'DELETE'",
        "object.spec.missing == 'x' || request.operation == 'CREATE'", "object.spec.missing == 'x'",
        "object.spec.missing != 'x'", "object.spec.replicas == '3'", "object.spec.replicas != '3'",
        "object.spec.empty == 'x'", "object.spec.list == 'a'", "object.metadata.name.first == 'w'",
        "oldObject.metadata.name == 'web'", "params.x == 'y'", "object.metadata.labels.app == 'web'",
        "object.metadata.labels['app'] == 'web'", "request.userInfo.username == 'alice'",
        "object.metadata.name == 'web' && object.spec.replicas > 2",
        "object.metadata.name == 'wéb'", "object.metadata.name in ['we\u{301}b', 'web']",
    ]

    @Test(arguments: conditions)
    func theShortWayComesToTheSame(_ text: String) throws {
        let compiler = AdmissionCompiler(hasParams: true)
        let expression = try compiler.compile(text, .bool)
        var evaluation = AdmissionEvaluation(Self.names, compiler)
        let long = Result { () throws(AdmissionEvaluation.Failure) in try evaluation.evaluate(expression).isTrue }
        if let short = QuickTest(expression.expression)?.holds(Self.names) {
            #expect(short == (try? long.get()))  // a failure is no answer, and the short way must have none then
        }
        let conditions = MatchConditions([["name": "a", "expression": .string(text)]], compiler)
        let held = Result { () throws(AdmissionEvaluation.Failure) in try conditions.hold(about: Self.names) }
        switch (long, held) {
        case (.success(let one), .success(let other)): #expect(one == other)
        case (.failure(let one), .failure(let other)): #expect(one.text == other.text)
        default: Issue.record("\(long) and \(held)")
        }
    }

    @Test func comparisonsOfTextsTakeTheShortWay() throws {
        for (text, isShort) in [
            ("object.metadata.namespace == 'ns'", true), ("request.operation in ['CREATE', 'UPDATE']", true),
            ("object.metadata.name == 'a' || !(request.operation != 'b')", true), ("object.spec.replicas > 2", false),
            ("object.metadata.name.startsWith('x')", false), ("object == 'x'", false),
            ("has(object.spec)", false), ("object.metadata.?name == optional.of('x')", false),
        ] {
            let expression = try AdmissionCompiler().compile(text, .bool)
            #expect((QuickTest(expression.expression) != nil) == isShort, "\(text)")
        }
    }

    @Test(arguments: [("ns", true), ("other", false)])
    func whatIsBoundLaterIsSeen(_ namespace: String, _ holds: Bool) throws {
        var names = Self.names
        names.object = ["metadata": ["namespace": .string(namespace)]]
        names.params = ["x": .string(namespace)]
        let conditions = MatchConditions(
            [
                ["name": "a", "expression": "object.metadata.namespace == 'ns'"],
                ["name": "b", "expression": "params.x == 'ns'"],
                ["name": "c", "expression": "object.metadata.namespace.startsWith('n') && params.x.startsWith('n')"],
            ], AdmissionCompiler(hasParams: true))
        #expect(try conditions.hold(about: names) == holds)
    }
}
