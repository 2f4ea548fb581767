import Testing

@testable import FairleadAPI

struct MediaTypeTests {
    @Test(arguments: [
        (String?.none, ""), ("application/json", "application/json"), ("APPLICATION/JSON", "application/json"),
        ("application/json; charset=utf-8", "application/json"), ("application/json;", "application/json"),
        (#"a/b; x="; \" y"; z=1"#, "a/b"), ("json", "json"), ("application/json, text/plain", nil), (";", nil),
        ("application/", nil), ("a/b/c", nil), ("a/b; x", nil), ("a/b; x=1; X=2", nil), (#"a/b; x="1"#, nil),
    ])
    func typesAreReadAsGoReadsThem(_ header: String?, _ expected: String?) { #expect(MediaType.of(header) == expected) }
}
