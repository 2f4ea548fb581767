import FairleadModel
import Testing

@testable import FairleadExpressions

/// What is said of rules when they are written.
struct RuleCheckerTests {
    private static let declaration = RuleDeclaration(
        .object([
            "s": RuleDeclaration(.string, maximum: 36, minimumSize: 2), "i": RuleDeclaration(.int, minimumSize: 1),
            "l": RuleDeclaration(
                .list(RuleDeclaration(.string, maximum: 12, minimumSize: 2), keys: .none), maximum: 3, minimumSize: 2),
            "t": RuleDeclaration(.timestamp, minimumSize: 22), "my-key": RuleDeclaration(.int, minimumSize: 1),
        ]), minimumSize: 2)

    private func refusal(_ rule: String) -> String? {
        RuleCompiler(Self.declaration, isOldOptional: false).report(onRule: rule).refusal
    }

    @Test(arguments: [
        "self.s == 'x'", "self.i > 1.5", "self.l.all(x, x.size() < 5)", "self.t > timestamp('2020-01-01T00:00:00Z')",
        "self.my__dash__key == 1", "{'a': 1}.b == 1", "has(self.s) && self.s in self.l", "[].size() == 0 && [] == [1]",
        "self == null || self.l.exists(x, x == self.s)", "type(self.s) == string", "dyn(self.s) == 1",
        "self.l.map(x, x.size()).sum() < 9 && self.l.filter(x, x == 'a').size() > 0", "oldSelf.s == self.s",
        "(self.i > 1 ? self.l : ['a']).size() > 0", "self.?s.orValue('x') == 'x'", "size(self.l) + self.s.size() > 1",
    ])
    func whatFitsIsAccepted(_ rule: String) { #expect(refusal(rule) == nil) }

    @Test(arguments: [
        (
            "self.s ==", 10,
            "Syntax error: mismatched input '<EOF>' expecting {'[', '{', '(', '.', '-', '!', 'true', 'false', 'null', NUM_FLOAT, NUM_INT, NUM_UINT, STRING, BYTES, IDENTIFIER}"
        ),
        ("self.nope == 1", 5, "undefined field 'nope'"),
        ("self.s == 1", 8, "found no matching overload for '_==_' applied to '(string, int)'"),
        ("nope(self.s)", 5, "undeclared reference to 'nope' (in container '')"),
        ("self.s.nope()", 12, "undeclared reference to 'nope' (in container '')"),
        ("self.l.sum() > 1", 11, "found no matching overload for 'sum' applied to 'list(string).()'"),
        ("self.s.matches('[')", 16, "invalid matches argument"),
        ("self.s.reverse() == 'x'", 15, "found no matching overload for 'reverse' applied to 'string.()'"),
        (
            "quantity(self.s).sign() == 1", 22,
            "found no matching overload for 'sign' applied to 'kubernetes.Quantity.()'"
        ),
        ("self.i in self.l", 8, "found no matching overload for '@in' applied to '(int, list(string))'"),
        ("has(self.i.x)", 4, "type 'int' does not support field selection"),
        ("self.s.size() && true", 12, "expected type 'bool' but found 'int'"),
        ("[1, 'x'].size() == 2", 5, "expected type 'int' but found 'string'"),
        ("duration(1) == self.s", 13, "found no matching overload for '_==_' applied to '(duration, string)'"),
        ("self.s in self.l && x", 21, "undeclared reference to 'x' (in container '')"),
        ("duration('x') == duration('1s')", 10, "invalid duration argument"),
    ])
    func whatDoesNotIsRefusedAtItsPlace(_ rule: String, _ column: Int, _ message: String) {
        #expect(
            refusal(rule)
                == "compilation failed: ERROR: <input>:1:\(column): \(message)\n | \(rule)\n | \(String(repeating: ".", count: column - 1))^"
        )
    }

    @Test func allIssuesAreTold() {
        #expect(
            refusal("math.greatest(self.i, 3) == 3")
                == "compilation failed: ERROR: <input>:1:1: undeclared reference to 'math' (in container '')\n | math.greatest(self.i, 3) == 3\n | ^\nERROR: <input>:1:14: undeclared reference to 'greatest' (in container '')\n | math.greatest(self.i, 3) == 3\n | .............^"
        )
        #expect(refusal("self.i") == "cel expression must evaluate to a bool")
    }

    @Test func typesThatDoubleDoNotTakeLong() {
        let rule = "[1]" + String(repeating: ".map(x, {x: x})", count: 100) + ".size() == 1"
        #expect(refusal(rule) == nil)
        let nested = String(repeating: "[", count: 200) + "1" + String(repeating: "]", count: 200) + ".size() == 1"
        #expect(refusal(nested) == nil)
    }

    @Test func costsFollowFromSizes() {
        let compiler = RuleCompiler(
            RuleDeclaration(.string, minimumSize: 2), isOldOptional: false)
        let cost = compiler.report(onRule: "self == oldSelf").cost
        #expect(cost > 300_000 && cost < 400_000)
        let short = RuleCompiler(RuleDeclaration(.string, maximum: 40, minimumSize: 2), isOldOptional: false)
        #expect(short.report(onRule: "self == oldSelf").cost < 20)
    }
}
