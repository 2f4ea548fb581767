import FairleadModel
import Testing

@Suite struct NameRulesTests {
    @Test(arguments: ["a", "1a", "a-b", String(repeating: "x", count: 63)])
    func acceptsLabels(text: String) { #expect(NameRules.dns1123Label(text).isEmpty) }

    @Test func explainsBadLabels() {
        let regex =
            "a lowercase RFC 1123 label must consist of lower case alphanumeric characters or '-', and must start and end with an alphanumeric character (e.g. 'my-name',  or '123-abc', regex used for validation is '[a-z0-9]([-a-z0-9]*[a-z0-9])?')"
        for text in ["", "-a", "a-", "A", "a_b", "é"] { #expect(NameRules.dns1123Label(text) == [regex], "\(text)") }
        #expect(NameRules.dns1123Label("a.b") == ["must not contain dots"])
        let long = String(repeating: "x", count: 64)
        #expect(NameRules.dns1123Label(long) == ["must be no more than 63 characters"])
    }

    @Test func explainsBadSubdomains() {
        let regex =
            "a lowercase RFC 1123 subdomain must consist of lower case alphanumeric characters, '-' or '.', and must start and end with an alphanumeric character (e.g. 'example.com', regex used for validation is '[a-z0-9]([-a-z0-9]*[a-z0-9])?(\\.[a-z0-9]([-a-z0-9]*[a-z0-9])?)*')"
        for text in ["", "a..b", ".a", "a.", "A.b", "a.-b"] {
            #expect(NameRules.dns1123Subdomain(text) == [regex], "\(text)")
        }
        for text in ["a", "a.b", "a-b.c-d.e1"] { #expect(NameRules.dns1123Subdomain(text).isEmpty) }
        #expect(NameRules.dns1035Label("1a").count == 1)
        #expect(NameRules.dns1035Label("a1").isEmpty)
    }

    @Test func explainsBadQualifiedNames() {
        for text in ["a", "A.b_c-d", "example.com/a", "kubernetes.io/metadata.name"] {
            #expect(NameRules.qualifiedName(text).isEmpty)
        }
        #expect(NameRules.qualifiedName("/a") == ["prefix part must be non-empty"])
        #expect(NameRules.qualifiedName("a/").first == "name part must be non-empty")
        #expect(NameRules.qualifiedName("a/").count == 2)
        #expect(NameRules.qualifiedName("a/b/c").first?.hasPrefix("a valid label key must consist of") == true)
        #expect(NameRules.qualifiedName("a b").first?.hasPrefix("name part must consist of") == true)
        #expect(NameRules.qualifiedName("A/b").first?.hasPrefix("prefix part a lowercase RFC 1123") == true)
    }

    @Test func explainsBadPortNames() {
        #expect(NameRules.portName("http").isEmpty)
        #expect(
            NameRules.portName("UPPER_") == [
                "must contain only alpha-numeric characters (a-z, 0-9), and hyphens (-)",
                "must contain at least one letter (a-z)",
            ])
        #expect(NameRules.portName("80") == ["must contain at least one letter (a-z)"])
        #expect(NameRules.portName("a--b-").count == 2)
        #expect(NameRules.portName("abcdefghijklmnop") == ["must be no more than 15 characters"])
    }

    @Test func labelValuesMayBeEmpty() {
        for text in ["", "a", "A_b.c-1"] { #expect(NameRules.labelValue(text).isEmpty) }
        for text in ["-a", "a b", "a/b", "é"] { #expect(NameRules.labelValue(text).count == 1) }
    }

    @Test func quotesAsGoDoes() {
        #expect("a\"b\\c\n\u{1}\u{7f}é\u{200b}\u{10FFFF}".goQuoted == "\"a\\\"b\\\\c\\n\\x01\\x7fé\\u200b\\U0010ffff\"")
    }
}
