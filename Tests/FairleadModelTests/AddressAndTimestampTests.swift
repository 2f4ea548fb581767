import FairleadModel
import Testing

@Suite struct AddressTests {
    @Test(arguments: [
        ("10.0.0.1", "10.0.0.1"), ("::", "::"), ("::1", "::1"), ("2001:DB8:0:0:1:0:0:1", "2001:db8::1:0:0:1"),
        ("1:0:0:2:0:0:0:3", "1:0:0:2::3"), ("fd00:96::1:216", "fd00:96::1:216"), ("::ffff:1.2.3.4", "1.2.3.4"),
        ("1:2:3:4:5:6:7::", "1:2:3:4:5:6:7:0"), ("64:ff9b::1.2.3.4", "64:ff9b::102:304"),
    ])
    func printsCanonically(text: String, canonical: String) { #expect(IPAddress(text)?.description == canonical) }

    @Test(arguments: [
        "", "1.2.3", "1.2.3.04", "256.1.1.1", "1.2.3.4.5", "1.2.3.4 ", ":", ":::", "1::2::3", "12345::",
        "1:2:3:4:5:6:7",
        "1:2:3:4:5:6:7:8:9", "fe80::1%eth0", "g::", "1.2.3.4::", "::1:", ":1::",
    ])
    func refusesOtherTexts(text: String) { #expect(IPAddress(text) == nil, "\(text)") }

    @Test func rangesKnowTheirAddresses() throws {
        let range = try #require(CIDR("10.96.5.3/16"))
        #expect(range.description == "10.96.0.0/16" && range.size == 65536 && range.last.description == "10.96.255.255")
        #expect(try range.contains(#require(IPAddress("10.96.255.1"))))
        #expect(try !range.contains(#require(IPAddress("10.97.0.0"))))
        #expect(try !range.contains(#require(IPAddress("::1"))))
        #expect(CIDR("::/0")?.last.description == "ffff:ffff:ffff:ffff:ffff:ffff:ffff:ffff")
        #expect(CIDR("fd00:96::/108")?.size == 1 << 20)
        #expect(try #require(CIDR("10.0.0.0/8")).overlaps(range))
        for text in ["10.0.0.0", "10.0.0.0/33", "10.0.0.0/", "::/129", "10.0.0.0/-1", "10.0.0.0/+8"] {
            #expect(CIDR(text) == nil)
        }
    }
}

@Suite struct TimestampTests {
    @Test(
        arguments: [
            ("1970-01-01T00:00:00Z", 0), ("2026-01-02T03:04:05Z", 1_767_323_045), ("2000-02-29T23:59:59Z", 951_868_799),
            ("0001-01-01T00:00:00Z", -62_135_596_800), ("9999-12-31T23:59:59Z", 253_402_300_799),
            ("1969-12-31T23:59:59Z", -1),
        ] as [(String, Int64)])
    func readsAndPrints(text: String, seconds: Int64) {
        #expect(Timestamp(rfc3339: text) == Timestamp(seconds: seconds))
        #expect(Timestamp(seconds: seconds).rfc3339 == text)
    }

    /// RFC 3339 can write four digits of a year: an offset must not lead beyond them.
    @Test(arguments: [
        "0000-01-01T00:00:00+00:01", "9999-12-31T23:59:59-00:01", "-0001-01-01T00:00:00Z", "99999-01-01T00:00:00Z",
    ])
    func refusesWhatCannotBeWritten(text: String) { #expect(Timestamp(rfc3339: text) == nil) }

    @Test func timesNeverLeaveTheirYears() throws {
        let last = try #require(Timestamp(rfc3339: "9999-12-31T23:59:59Z"))
        let first = try #require(Timestamp(rfc3339: "0000-01-01T00:00:00Z"))
        for seconds in [1, 1e15, 1e300, .infinity] {
            #expect(last.adding(seconds: seconds).seconds == last.seconds)
            #expect(first.adding(seconds: -seconds).seconds == first.seconds)
        }
        #expect(last.adding(seconds: .nan) == last)
        #expect(last.since(first) == 315_569_519_999 && first.since(last) == -315_569_519_999)
        #expect(Timestamp(seconds: .max).since(Timestamp(seconds: .min)) > 9e18)
        #expect(Timestamp(seconds: .max).rfc3339 == last.rfc3339)
        #expect(Timestamp(seconds: .min).rfc3339 == first.rfc3339)
    }

    @Test func readsOffsetsAndFractions() {
        #expect(Timestamp(rfc3339: "2026-01-02T05:04:05.5+02:00")?.rfc3339Micro == "2026-01-02T03:04:05.500000Z")
        for text in ["2026-02-30T00:00:00Z", "2026-01-02 03:04:05Z", "2026-1-2T03:04:05Z", "2026-01-02T03:04:05", "x"] {
            #expect(Timestamp(rfc3339: text) == nil)
        }
        #expect(
            Timestamp(seconds: 10, nanoseconds: 1).adding(seconds: -0.5)
                == Timestamp(seconds: 9, nanoseconds: 500_000_001))
        #expect(Environment.uuid(high: .max, low: .max) == "ffffffff-ffff-4fff-bfff-ffffffffffff")
        #expect(Environment.live.newUID() != Environment.live.newUID())
        #expect(Environment.live.randomSuffix(5).count == 5)
    }
}
