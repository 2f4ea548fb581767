import FairleadModel
import FairleadRandomTesting
import Testing

@testable import FairleadExpressions

/// What rules may not do to a server, whatever they ask for.
struct RuleLimitTests {
    private static let tooDeep =
        "compilation failed: ERROR: <input>:-1:0: expression recursion limit exceeded: 250"

    private func evaluate(
        _ expression: String, _ object: Value = [:], limit: Int = RuleCost.limit
    ) throws -> Value {
        var evaluation = RuleEvaluation(["self": .plain(object)], limit: limit)
        guard case .plain(let result) = try evaluation.evaluate(try RuleParser.parse(expression)) else { return .null }
        return result
    }

    private static func refusal(of rule: String) -> String? {
        RuleCompiler(nil, isOldOptional: false).report(onRule: rule).refusal
    }

    static func chain(_ part: String, _ count: Int, by separator: String) -> String {
        Array(repeating: part, count: count).joined(separator: separator)
    }

    @Test(arguments: [300, 30_000])
    func chainsThatNestTooDeeplyAreRefusedWhenTheyAreWritten(_ count: Int) {
        let rules = [
            Self.chain("1", count, by: "+") + " > 0", Self.chain("1", count, by: "*") + " > 0",
            "has(self" + String(repeating: ".a", count: count) + ")", "[1]" + String(repeating: "[0]", count: count),
            Self.chain("1", count, by: "=="), String(repeating: "(", count: count) + "1",
            String(repeating: "true?true:", count: min(count, 9_000)) + "true",
            String(repeating: "[", count: count) + "1", String(repeating: "size(", count: min(count, 19_000)) + "1",
            String(repeating: "{'a':", count: min(count, 19_000)) + "1",
            "self" + String(repeating: ".trim()", count: 300),
            String(repeating: "[1].all(x, ", count: min(count, 9_000)) + "true",
        ]
        for rule in rules { #expect(Self.refusal(of: rule) == Self.tooDeep, "\(rule.prefix(30))") }
    }

    @Test func expressionsAreNoLongerThanTheyMayBe() {
        let long = "'" + String(repeating: "é", count: 99_999) + "'"
        #expect(
            Self.refusal(of: long)
                == "compilation failed: ERROR: <input>:-1:0: expression code point size exceeds limit: size: 100001, limit 100000"
        )
        #expect(
            Self.refusal(of: "'" + String(repeating: "é", count: 99_998) + "'")
                == "cel expression must evaluate to a bool")
    }

    @Test func whatDoesNotNestMayBeLong() throws {
        #expect(try evaluate(Self.chain("false", 14_000, by: "||") + "||true") == true)
        #expect(try evaluate(Self.chain("true", 14_000, by: "&&")) == true)
        #expect(try evaluate(String(repeating: "!", count: 99_001) + "true") == false)
        #expect(try evaluate(String(repeating: "-", count: 9_001) + "(1)") == -1)
    }

    @Test func everyWalkAtTheLimitGetsByWithASmallStack() async throws {
        try await SmallStack.run {
            let object = try JSON.parse(Array((nested(100, open: "{\"a\":[", inside: "1", close: "]}")).utf8)).value
            let deepest = [
                "self" + String(repeating: ".a[0]", count: 100) + Self.chain("", 240, by: "+1")
                    + " == 1" + Self.chain("", 199, by: " == true"),
                String(repeating: "(", count: 240) + "self" + String(repeating: ")", count: 240) + " == 1",
                String(repeating: "false ? true : ", count: 240) + "true",
                String(repeating: "[1].all(x, ", count: 120) + "true" + String(repeating: ")", count: 120),
                String(repeating: "size([", count: 120) + "1" + String(repeating: "])", count: 120) + " == 1",
                String(repeating: "!(true && ", count: 200) + "true" + String(repeating: ")", count: 200),
            ]
            for rule in deepest {
                let expression = try RuleParser.parse(rule)
                #expect(!expression.reads("oldSelf"))
                var evaluation = RuleEvaluation(["self": .plain(object)])
                // What comes out does not matter; that it comes back does.
                _ = try? evaluation.evaluate(expression)
                #expect(evaluation.cost.spent > 2)
            }
        }
    }

    @Test(arguments: [
        "self.l.all(a, self.l.all(b, self.l.all(d, a+b+d >= 0)))",
        "self.l.all(a, self.t == self.t)", "self.l.all(x, self.s.replace('a','bbbbbbbbbb').size() > 0)",
        "self.s.replace('a', self.s).replace('a', self.s).size() > 0",
        "self.l.all(x, self.s.matches('(a?){1000}b') || true)",
        "self.l.all(x, self.s.split('').join(self.s).size() > 0)",
        "self.l.map(x, self.l + self.l + self.l).size() > 0", "self.l.map(x, self.l.map(y, self.l)).size() < 0",
        "self.l.map(x, self.s + self.s + self.s).size() > 0", "self.l.all(x, self.s.contains(self.s + 'b'))",
        "self.l.all(x, self.s.indexOf('aaaaaaaaab') < 0)", "self.l.all(x, self.s + 'a' > self.s)",
        "self.l.all(x, self.l.isSorted())", "self.l.all(x, self.l.sum() >= 0)", "self.l.all(x, self.s.size() > 0)",
        "self.l.all(x, sets.contains(self.l, self.l))", "self.l.map(x, self.t.join(self.s)).size() > 0",
        "self.l.all(x, self.l.indexOf(-1) < 0)", "self.l.all(x, self.s.lowerAscii() == self.s)",
        "self.l.all(x, " + RuleLimitTests.chain("false", 3_000, by: "||") + "||true)",
    ])
    func whatCostsTooMuchIsCutOff(_ rule: String) throws {
        let object: Value = [
            "l": .array((0..<2_000).map { .int($0) }), "s": .string(String(repeating: "a", count: 60_000)),
            "t": .array((0..<100).map { .string(String(repeating: "a", count: 59_000) + String($0)) }),
        ]
        // A tenth of what there is outside of tests.
        #expect(throws: RuleError.tooExpensive) { try evaluate(rule, object, limit: RuleCost.limit / 10) }
    }

    @Test(arguments: [
        "self.l == self.m", "self.s.replace('a', 'bb') == ''", "self.l.all(x, x in [1, 2] || true)",
        "self.t.join(',') == ''", "self.s.split('').size() > 0", "self.l + self.m == []", "self.s.matches('^(a|b)*$')",
    ])
    func costsGrowWithWhatIsLookedAt(_ rule: String) throws {
        let expression = try RuleParser.parse(rule)
        func cost(_ size: Int) throws -> Int {
            let object: Value = [
                "l": .array((0..<size).map { .int(Int64($0)) }), "m": .array((0..<size).map { .int(Int64($0)) }),
                "s": .string(String(repeating: "a", count: size)), "t": .array((0..<size).map { _ in "ab" }),
            ]
            var evaluation = RuleEvaluation(["self": .plain(object)])
            _ = try evaluation.evaluate(expression)
            return evaluation.cost.spent
        }
        let costs = try [cost(2_000), cost(4_000), cost(8_000)]
        #expect(costs[0] >= 200)
        #expect(costs[1] <= 2 * costs[0] + 20 && costs[2] <= 2 * costs[1] + 20, "\(costs)")
        #expect(costs[2] >= 3 * costs[0], "\(costs)")
    }

    @Test(arguments: [
        ("-9223372036854775808 / -1 == 0", "integer overflow"), ("-9223372036854775808 % -1 == 0", "integer overflow"),
        ("-(-9223372036854775808) == 0", "integer overflow"), ("9223372036854775807 * 2 == 0", "integer overflow"),
        ("-9223372036854775808 - 1 == 0", "integer overflow"), ("1 % 0 == 0", "modulus by zero"),
        ("int(1e300) == 0", "integer overflow"), ("int(-1.0 / 0.0) == 0", "integer overflow"),
        ("int('99999999999999999999') == 0", "type conversion error from 'string' to 'int'"),
        ("'abc'.charAt(9223372036854775807) == ''", "index out of range: 9223372036854775807"),
        ("'abc'.charAt(-9223372036854775808) == ''", "index out of range: -9223372036854775808"),
        ("'abc'.substring(9223372036854775807) == ''", "index out of range: 9223372036854775807"),
        ("'abc'.substring(2, 1) == ''", "invalid substring range. start: 2, end: 1"),
        ("[1][9223372036854775807] == 1", "index out of bounds: 9223372036854775807"),
        ("[1][-1] == 1", "index out of bounds: -1"),
    ])
    func extremeNumbersAreErrors(_ rule: String, _ words: String) {
        #expect(throws: RuleError(words)) { try evaluate(rule) }
    }

    @Test(arguments: [
        ("'añb'.charAt(1) == 'ñ' && 'añb'.charAt(3) == '' && 'añb'.substring(1, 2) == 'ñ'"),
        ("'a,b,,c'.split(',') == ['a', 'b', '', 'c'] && 'añ'.split('') == ['a', 'ñ'] && ''.split(',') == ['']"),
        ("'aaa'.replace('a', 'bb') == 'bbbbbb' && 'aaa'.replace('a', 'b', 2) == 'bba' && 'ab'.replace('', '-') == '-a-b-'"),
        ("'añb'.indexOf('b') == 2 && 'añb'.indexOf('x') == -1 && 'añb'.contains('ñb')"),
        ("'AbÜ'.lowerAscii() == 'abÜ' && 'aBü'.upperAscii() == 'ABü' && ' a '.trim() == 'a'"),
        ("'e\\u0301' != '\\u00e9' && size('e\\u0301') == 2"), ("'ab'.endsWith('') && 'ab'.startsWith('a')"),
    ])
    func textsAreCodePoints(_ rule: String) throws {
        #expect(try evaluate(rule) == true)
    }
}
