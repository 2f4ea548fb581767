import FairleadModel
import Testing

@testable import FairleadAPI
@testable import FairleadKinds

struct DefinitionLimitTests {
    private static let path = "/apis/apiextensions.k8s.io/v1/customresourcedefinitions"

    private func refusal(_ schema: Value) async throws -> APIFixture.Answer {
        try await APIFixture().send(
            "POST", Self.path,
            body: [
                "metadata": ["name": "things.example.com"],
                "spec": [
                    "group": "example.com", "scope": "Namespaced", "names": ["plural": "things", "kind": "Thing"],
                    "versions": [
                        ["name": "v1", "served": true, "storage": true, "schema": ["openAPIV3Schema": schema]]
                    ],
                ],
            ])
    }

    @Test func aRuleThatIsTooLargeIsRefusedInTheWordsOfTheCompiler() async throws {
        let rule = Array(repeating: "1", count: 40_000).joined(separator: "+") + " != 0"
        let answer = try await refusal([
            "type": "object", "x-kubernetes-validations": [["rule": .string(rule), "message": "m"]],
        ])
        #expect(answer.status == 422)
        #expect(
            answer.body.at("details", "causes")?.array?.first?["message"]?.string
                == "Invalid value: {\"Rule\":\"\(rule)\",\"Message\":\"m\",\"MessageExpression\":\"\",\"Reason\":null,\"FieldPath\":\"\",\"OptionalOldSelf\":null}: compilation failed: ERROR: <input>:-1:0: expression recursion limit exceeded: 250"
        )
    }

    @Test func errorsDoNotRepeatALongPathWithoutEnd() async throws {
        let wrong = Object((0..<2_000).map { ("a\($0)", [:] as Value) })
        let answer = try await refusal([
            "type": "object",
            "properties": [
                String(repeating: "x", count: 100_000): ["type": "object", "properties": .object(wrong)]
            ],
        ])
        #expect(answer.status == 422)
        #expect(answer.text.utf8.count < 40 << 20)
        #expect(answer.message.contains(" more"))
    }

    @Test func aPatternMayNotMultiply() async throws {
        let answer = try await refusal([
            "type": "object", "properties": ["s": ["type": "string", "pattern": "^(((a?){200}){200})$"]],
        ])
        #expect(answer.status == 422)
        #expect(answer.message.hasSuffix("error parsing regexp: invalid repeat count: `{200}`"), "\(answer.message)")
    }
}
