import Testing

@testable import FairleadDNS

struct DomainNameTests {
    @Test(arguments: [
        ("cluster.local.", [7, 99, 108, 117, 115, 116, 101, 114, 5, 108, 111, 99, 97, 108, 0]), (".", [0]),
        (#"a\.b."#, [3, 97, 46, 98, 0]), (#"\000\255."#, [2, 0, 255, 0]),
    ])
    func textAndBytesStandForEachOther(text: String, bytes: [UInt8]) throws {
        let name = try #require(DomainName(text))
        #expect(name.bytes == bytes)
        #expect(name.description == text)
    }

    @Test(arguments: [
        "a..b", ".a", String(repeating: "a", count: 64), Array(repeating: "aaaaaaa", count: 32).joined(separator: "."),
        #"a\25"#, #"a\256"#, #"a\"#,
    ])
    func textsThatAreNoNamesAreRefused(text: String) {
        #expect(DomainName(text) == nil)
    }

    @Test
    func aNameOf255BytesFitsAndNoLonger() throws {
        let label = String(repeating: "a", count: 63)
        let longest = [label, label, label, String(repeating: "a", count: 61)].joined(separator: ".")
        #expect(try #require(DomainName(longest)).bytes.count == 255)
        #expect(DomainName(longest + "a") == nil)
    }

    @Test
    func suffixesAreComparedLabelByLabelWithoutCase() throws {
        let zone = try #require(DomainName("cluster.local"))
        #expect(try #require(DomainName("a.CLUSTER.Local")).suffixOffset(of: zone) == 2)
        #expect(try #require(DomainName("cluster.local")).suffixOffset(of: zone) == 0)
        #expect(try #require(DomainName("xcluster.local")).suffixOffset(of: zone) == nil)
        #expect(try #require(DomainName("local")).suffixOffset(of: zone) == nil)
        // The bytes of a longer label may look like the zone's.
        #expect(try #require(DomainName(#"a\007cluster.local"#)).suffixOffset(of: zone) == nil)
    }
}
