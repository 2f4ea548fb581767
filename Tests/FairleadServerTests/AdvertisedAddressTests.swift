import FairleadHTTP
import FairleadModel
import Testing

@testable import FairleadServer

/// Where the endpoints of the Service `kubernetes` lead.
struct AdvertisedAddressTests {
    @Test(
        arguments: [
            ("127.0.0.1", ["127.0.0.1", "fe80::1", "192.0.2.2"], "10.96.0.0", "192.0.2.2"),
            ("192.0.2.9", ["127.0.0.1", "192.0.2.2"], "10.96.0.0", "192.0.2.9"),
            ("0.0.0.0", ["127.0.0.1", "192.0.2.2"], "10.96.0.0", "192.0.2.2"),
            ("::1", ["::1", "192.0.2.2", "2001:db8::1"], "fd00::", "2001:db8::1"),
            ("127.0.0.1", ["127.0.0.1"], "10.96.0.0", "172.18.0.1"),
            ("localhost", [], "fd00::", "fc00:f853:ccd:e793::1"),
        ] as [(String, [String], String, String)])
    func isOfTheMachineAndOfTheRightFamily(host: String, machine: [String], family: String, expected: String) throws {
        let chosen = AdvertisedAddress.choose(
            listening: [HTTPAddress(host: host, port: 1)], machine: machine, family: try #require(IPAddress(family)),
            isBare: false)
        #expect(chosen == expected)
    }

    @Test func aBareControlPlaneOnLoopbackHasNone() throws {
        let family = try #require(IPAddress("10.96.0.0"))
        func choose(_ host: String) -> String? {
            AdvertisedAddress.choose(
                listening: [HTTPAddress(host: host, port: 1)], machine: ["192.0.2.2"], family: family, isBare: true)
        }
        #expect(choose("127.0.0.1") == nil)
        #expect(choose("0.0.0.0") == "192.0.2.2")
    }
}
