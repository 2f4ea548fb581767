import FairleadModel
import FairleadRandomTesting
import Testing

@testable import FairleadExpressions

struct PatternTests {
    @Test(arguments: [
        ("^[a-z]+$", "abc", true), ("^[a-z]+$", "aBc", false), ("b", "abc", true), ("^b", "abc", false),
        ("a|^b$", "b", true), ("^(ab)*$", "abab", true), ("^(ab)*$", "aba", false), ("^a{2,3}$", "aa", true),
        ("^a{2,3}$", "aaaa", false), ("^a{2,}$", "aaaaa", true), ("^a{2}$", "a", false), ("^x?y+?$", "yy", true),
        (#"^\d+\.\d+$"#, "1.25", true), (#"^\d+\.\d+$"#, "1a25", false), (#"^\w+\s\S$"#, "ab c", true),
        ("^[^/]+$", "a/b", false), ("^[-a]+$", "a-a", true), ("^[]a]$", "]", true), (#"^[\w.-]+$"#, "a.b-c", true),
        ("^[[:alpha:]]+$", "aZ", true), ("^[[:^digit:]]+$", "a1", false), ("(?i)^abc$", "AbC", true),
        ("(?i:a)b", "AB", false), ("(?s)^.$", "\n", true), ("^.$", "\n", false), ("(?m)^b$", "a\nb", true),
        (#"\bfoo\b"#, "a foo b", true), (#"\bfoo\b"#, "afoob", false), ("^(?P<name>a)$", "a", true),
        (#"^\p{Lu}\P{Lu}$"#, "Äö", true), (#"^\x41\x{42}$"#, "AB", true), (#"^\Qa.b\E$"#, "a.b", true),
        ("a{,2}", "a{,2}", true), ("^$", "", true), ("", "anything", true), ("^(a|)$", "", true),
    ])
    func matchesAsRE2Does(_ pattern: String, _ text: String, _ expected: Bool) throws {
        #expect(try Pattern(pattern).matches(text) == expected)
    }

    @Test(arguments: [
        ("(", "missing closing ): `(`"), ("a)", "unexpected ): `a)`"), ("[a", "missing closing ]: `[a`"),
        ("*a", "missing argument to repetition operator: `*`"), ("a**", "invalid nested repetition operator: `**`"),
        ("[z-a]", "invalid character class range: `z-a`"), (#"\y"#, #"invalid escape sequence: `\y`"#),
        ("a{2,1}", "invalid repeat count: `{2,1}`"), ("a{1001}", "invalid repeat count: `{1001}`"),
        ("a\\", "trailing backslash at end of expression: ``"),
        ("(?<!a)", "invalid named capture: `(?<!a)`"),
        ("^(((a?){200}){200})$", "invalid repeat count: `{200}`"),
        ("(((((){1000}){1000}){1000}x){1000}){1000}", "invalid repeat count: `{1000}`"),
        ("(x{32}y){32}", "invalid repeat count: `{32}`"),
    ])
    func refusesInGosWords(_ pattern: String, _ words: String) {
        #expect(throws: Pattern.SyntaxError.self) { try Pattern(pattern) }
        do throws(Pattern.SyntaxError) {
            _ = try Pattern(pattern)
        } catch {
            #expect(error.message == "error parsing regexp: " + words)
        }
    }

    @Test func takesTimeInProportionToTheTextEvenForPatternsThatBacktrackersDieOf() throws {
        let text = String(repeating: "a", count: 3000)
        #expect(try Pattern("^(a+)+$").matches(text + "!") == false)
        #expect(try Pattern("^(a|aa)*b$").matches(text) == false)
        #expect(try Pattern("(x+x+)+y").matches(String(repeating: "x", count: 3000)) == false)
    }

    @Test func refusesWhatWouldGrowWithoutMeasure() {
        #expect(throws: Pattern.SyntaxError.self) { try Pattern("((a{1000}){1000}){1000}") }
        #expect(throws: Pattern.SyntaxError.self) {
            try Pattern(String(repeating: "(", count: 5000) + String(repeating: ")", count: 5000))
        }
    }

    @Test func nestsAsDeeplyAsGoAllowsOnASmallStack() async throws {
        try await SmallStack.run { () throws in
            func pattern(_ depth: Int) -> String { nested(depth, open: "(", inside: "a", close: ")") }
            #expect(try Pattern(pattern(900)).matches("a"))
            #expect(throws: Pattern.SyntaxError.self) { try Pattern(pattern(1001)) }
            #expect(throws: Pattern.SyntaxError.self) { try Pattern(pattern(300_000)) }
            #expect(try Pattern(nested(900, open: "(b|", inside: "a", close: ")*")).matches("a"))
        }
    }

    @Test func longChoicesOfCharactersAreOneSet() throws {
        let pattern = try Pattern("^(" + Array(repeating: "a|é", count: 100_000).joined(separator: "|") + ")$")
        #expect(pattern.size < 10)
        #expect(pattern.matches("a") && pattern.matches("é") && !pattern.matches("b"))
    }

    @Test(arguments: [
        Array(repeating: "ab", count: 300_000).joined(separator: "|"), String(repeating: "a", count: 300_000),
        "(" + String(repeating: "()", count: 100_000) + "){900}",
        (0..<200).map { _ in "a{1000}" }.joined(), "\\Q" + String(repeating: "a", count: 300_000) + "\\E",
    ])
    func whatIsTooLargeIsRefusedBeforeItIsBuilt(_ pattern: String) throws {
        do throws(Pattern.SyntaxError) {
            let pattern = try Pattern(pattern)
            #expect(pattern.size < 100, "\(pattern.size)")  // what is empty stays small
        } catch {
            #expect(error.code == "expression too large")
        }
    }

    @Test(arguments: ["^(a?){1000}$", "^(\\pL?){1000}$", "(x+x+)+y", "^(a|aa)*b$"])
    func stepsGrowWithTheText(_ text: String) throws {
        let pattern = try Pattern(text)
        func steps(_ length: Int) -> Int {
            var allowance = Pattern.Allowance(.max)
            _ = pattern.matches(String(repeating: "x", count: length) + "!", within: &allowance)
            return allowance.used
        }
        let (once, twice) = (steps(5_000), steps(10_000))
        #expect(twice <= 2 * once + 2 * (pattern.size + 8))
        #expect(twice <= 10_002 * (pattern.size + 1))
    }

    @Test func aMatchEndsWithItsAllowance() throws {
        var allowance = Pattern.Allowance(1000)
        let text = String(repeating: "a", count: 100_000)
        #expect(try Pattern("^(a?){1000}$").matches(text, within: &allowance) == nil)
        #expect(allowance.used == 1000)
    }

    @Test func setsOfManyRangesFindTheirCharacters() throws {
        let letters = (0..<3000).map { String(Character(Unicode.Scalar(0x4E00 + 2 * $0) ?? "a")) }.joined()
        let pattern = try Pattern("^[" + letters + "x-z]$")
        #expect(pattern.matches("\u{4E00}") && pattern.matches("\u{4E02}") && pattern.matches("y"))
        #expect(!pattern.matches("\u{4E01}") && !pattern.matches("a"))
    }
}
