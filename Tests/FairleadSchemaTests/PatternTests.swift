import Testing

@testable import FairleadSchema

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
}
