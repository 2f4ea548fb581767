import FairleadModel
import Testing

@testable import FairleadSchema

/// What the rules of a schema find in an object.
struct SchemaRulesTests {
    private func value(_ text: String) throws -> Value { try JSON.parse(Array(text.utf8)).value }

    @Test func rulesSpeakAboutTheirPlaceAndTransitionsOnlyAboutUpdates() throws {
        let schema = StructuralSchema(
            try value(
                """
                {"type":"object","properties":{"spec":{"type":"object",
                  "x-kubernetes-validations":[{"rule":"self.a < self.b","message":"a must be smaller"},
                    {"rule":"self.a >= oldSelf.a","reason":"FieldValueForbidden","fieldPath":".a"},
                    {"rule":"self.b < 100","messageExpression":"'b is ' + string(self.b)"}],
                  "properties":{"a":{"type":"integer"},"b":{"type":"integer"}}}}}
                """))
        let old = try value(#"{"spec":{"a":3,"b":4}}"#)
        let new = try value(#"{"spec":{"a":2,"b":100}}"#)
        #expect(
            schema.ruleFindings(of: new, old: old, at: .root).errors.map(\.description) == [
                "spec.a: Forbidden: failed rule: self.a >= oldSelf.a",
                "spec: Invalid value: b is 100",
            ])
        #expect(schema.ruleFindings(of: old, old: nil, at: .root).errors.isEmpty)
        let wrong = try value(#"{"spec":{"a":5,"b":4}}"#)
        #expect(
            schema.ruleFindings(of: wrong, old: nil, at: .root).errors.map(\.description) == [
                "spec: Invalid value: a must be smaller"
            ])
        // What was wrong before and has not changed is only told of.
        let unchanged = schema.ruleFindings(of: wrong, old: wrong, at: .root)
        #expect(unchanged.errors.isEmpty)
        #expect(unchanged.warnings.map(\.description) == ["spec: Invalid value: a must be smaller"])
    }

    @Test func theRulesOfOneObjectShareABudget() throws {
        let schema = StructuralSchema([
            "type": "array",
            "items": [
                "type": "string",
                "x-kubernetes-validations": [
                    ["rule": "self.replace('a', 'bb') == ''", "message": "not empty"], ["rule": "self != 'b'"],
                ],
            ],
        ])
        let list: Value = .array((0..<500).map { .string(String(repeating: "a", count: 900) + String($0)) })
        let errors = schema.ruleFindings(of: list, old: nil, at: FieldPath("spec"), limit: 20_000).errors
        #expect(
            errors.last?.description.hasSuffix(
                "]: Invalid value: \"string\": validation failed due to running out of cost budget, no further validation rules will be run"
            ) == true)
        #expect(errors.count > 10 && errors.count < 100)
        #expect(errors.dropLast().allSatisfy { $0.detail == "not empty" })
        #expect(schema.ruleFindings(of: list, old: nil, at: FieldPath("spec")).errors.count == 500)
        let bombs = StructuralSchema([
            "type": "array",
            "items": ["x-kubernetes-validations": [["rule": "self.replace('a', self) == ''"]]],
        ])
        let text: Value = .string(String(repeating: "a", count: 20_000))
        #expect(
            bombs.ruleFindings(of: [text, text], old: nil, at: .root).errors.map(\.description) == [
                "[0]: Invalid value: \"\": 'operation cancelled: actual cost limit exceeded': no further validation rules will be run due to call cost exceeds limit for rule: self.replace('a', self) == ''"
            ])
    }
}
