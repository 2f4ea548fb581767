import FairleadModel
import Testing

@testable import FairleadExpressions

struct ValidationRuleTests {
    private func value(_ text: String) throws -> Value { try JSON.parse(Array(text.utf8)).value }

    private func evaluate(_ expression: String, _ object: String) throws -> Value {
        var evaluation = RuleEvaluation(["self": .plain(try value(object))])
        guard case .plain(let result) = try evaluation.evaluate(try RuleParser.parse(expression)) else { return .null }
        return result
    }

    @Test(arguments: [
        ("self.a <= self.b", #"{"a":1,"b":2}"#), ("!(self.a == 2) && true", #"{"a":1}"#),
        ("has(self.a) ? self.a > 1 : true", "{}"), ("size(self.l) == 2 && self.l.size() == 2", #"{"l":[1,2]}"#),
        ("self.l.all(x, x > 0)", #"{"l":[1,2]}"#), ("self.l.exists(x, x == 2)", #"{"l":[1,2]}"#),
        ("self.l.exists_one(x, x > 1)", #"{"l":[1,2]}"#), ("self.l.filter(x, x > 1) == [2]", #"{"l":[1,2]}"#),
        ("self.l.map(x, x * 2) == [2, 4]", #"{"l":[1,2]}"#), ("'a' in self.m", #"{"m":{"a":1}}"#),
        ("self.s in ['x', \"y\"]", #"{"s":"x"}"#), ("self.m['a'] == 1", #"{"m":{"a":1}}"#),
        ("self.s.startsWith('ab') && self.s.endsWith('c') && self.s.matches('^a.c$')", #"{"s":"abc"}"#),
        ("self.missing == 1 || true", "{}"), ("self.a + 1 == 2 && 7 / 2 == 3 && -7 % 3 == -1", #"{"a":1}"#),
        ("self.a == 1.0", #"{"a":1}"#), ("self.my__dash__key == 1", #"{"my-key":1}"#),
        ("string(self.a) + 'x' == '1x'", #"{"a":1}"#), ("type(self.a) == int", #"{"a":1}"#),
        ("self.l.join(',') == 'a,b'", #"{"l":["a","b"]}"#), ("self.in == 1", #"{"in":1}"#),
        ("sets.contains(self.l, [1.0, 2.0]) && !sets.contains(self.l, [4])", #"{"l":[1,2,3]}"#),
        ("sets.equivalent(self.l, [2, 1, 1]) && !sets.equivalent(self.l, [1])", #"{"l":[1,2]}"#),
        ("sets.intersects(self.l, [9, 2]) && !sets.intersects(self.l, [])", #"{"l":[1,2]}"#),
        ("1 < 2 ? 'a' == 'a' : false // comment", "{}"), (#"r'\d' == '\\d'"#, "{}"),
    ])
    func whatCELFindsTrueIsTrue(_ expression: String, _ object: String) throws {
        #expect(try evaluate(expression, object) == true)
    }

    @Test(arguments: [
        ("self.a == 1", "{}", "no such key: a"), ("self.l[5] == 1", #"{"l":[1]}"#, "index out of bounds: 5"),
        ("1 / 0 == 1", "{}", "division by zero"), ("'a' < dyn(1)", "{}", "no such overload"),
        ("9223372036854775807 + 1 > 0", "{}", "integer overflow"),
    ])
    func whatCannotBeEvaluatedIsAnError(_ expression: String, _ object: String, _ words: String) throws {
        #expect(throws: RuleError(words)) { try evaluate(expression, object) }
    }

    @Test(arguments: ["self.", "1 +", "(", "'a", "foo(self)", "self.quantity()", "math.abs(1) == 1", ""])
    func whatIsNoRuleIsNotEvaluated(_ rule: String) {
        #expect(!ValidationRule(["rule": .string(rule)], nil).isEvaluated)
    }

    @Test func aRuleThatTakesTooLongIsCutOff() throws {
        let list = "[" + (0..<200).map(String.init).joined(separator: ",") + "]"
        #expect(throws: RuleError.tooExpensive) {
            try evaluate("self.all(a, self.all(b, self.all(c, a + b + c >= 0)))", list)
        }
    }
}
