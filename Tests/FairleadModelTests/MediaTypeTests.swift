import Testing

import FairleadModel

struct MediaTypeTests {
    @Test(arguments: [
        ("", ""), ("application/json", "application/json"), ("APPLICATION/JSON", "application/json"),
        ("application/json; charset=utf-8", "application/json"), ("application/json;", "application/json"),
        (#"a/b; x="; \" y"; z=1"#, "a/b"), ("json", "json"),
    ])
    func typesAreReadAsGoReadsThem(_ header: String, _ expected: String) { #expect(MediaType.of(header) == expected) }

    @Test(arguments: [
        "application/json, text/plain", ";", "application/", "a/b/c", "a/b; x", "a/b; x=1; X=2", #"a/b; x="1"#,
    ])
    func whatIsNoTypeIsNone(_ header: String) { #expect(MediaType.of(header) == nil) }
}
