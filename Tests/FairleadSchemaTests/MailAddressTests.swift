import Testing

@testable import FairleadSchema

struct MailAddressTests {
    @Test(arguments: [
        "a@b.c", "Joe <a@b.c>", #""Joe, Jr." <a@b.c>"#, "J. R. Hacker <j.r@x>", "a@[10.0.0.1]", "(x) a@b.c (y)",
        #""a b"@c.d"#, "ü@b.c", "<a@b.c>",
    ])
    func addressesAreRead(_ text: String) { #expect(StringFormat.email.accepts(text)) }

    @Test(arguments: [
        "", "x", "a@", "@b.c", "a@b..c", ".a@b.c", "a.@b.c", "a@b.c x", "a b@c.d", "<a@b.c", "a@b.c, d@e.f", "a@[x]",
        "(x",
        "((((((", #""a"#,
    ])
    func othersAreNot(_ text: String) { #expect(!StringFormat.email.accepts(text)) }

    @Test(arguments: [
        ("ipv4", "010.0.0.1", true), ("ipv4", "::1", false), ("ipv4", "::ffff:10.0.0.01", true),
        ("ipv6", "::ffff:10.0.0.1", true), ("ipv6", "10.0.0.1", false), ("cidr", "010.0.0.0/08", true),
        ("uuid4", "123e4567-e89b-42d3-a456-426614174000", true),
        ("uuid4", "123e4567-e89b-12d3-a456-426614174000", false),
        ("uuid", "123e4567e89b12d3a456426614174000", true), ("uuid", "123e4567--e89b12d3a456426614174000", false),
    ])
    func addressesAndIdentifiers(_ format: String, _ text: String, _ isAccepted: Bool) throws {
        #expect(try #require(StringFormat(rawValue: format)).accepts(text) == isAccepted)
    }
}
