import FairleadModel
import Foundation
import Testing

@testable import FairleadDNS

struct MessageCodecTests {
    @Test(arguments: UInt64(1)...200)
    func whatIsWrittenIsReadBack(seed: UInt64) throws {
        var random = Lehmer(seed: seed)
        let message = Message.random(using: &random)
        let bytes = message.bytes(limit: 65535)
        var expected = message
        expected.header.isTruncated = bytes[2] & 2 != 0
        guard !expected.header.isTruncated else { return }
        #expect(try Message(bytes: bytes) == expected)
    }

    @Test
    func namesAreCompressedOnceTheyHaveBeenWritten() throws {
        let name = try #require(DomainName("a.b.example"))
        var message = Message(id: 1, asking: Question(name, .a))
        let address = try #require(IPAddress("10.0.0.1"))
        message.answers = Array(repeating: .address(name, ttl: 1, address), count: 10)
        // Header, question, and 16 bytes for each record: a pointer, and no name.
        #expect(message.bytes().count == 12 + 17 + 10 * 16)
        let other = try #require(DomainName("c.b.example"))
        message.answers = [.address(other, ttl: 1, address), .address(other, ttl: 1, address)]
        #expect(message.bytes().count == 12 + 17 + (4 + 14) + 16)
    }

    @Test
    func pointersFindTheirNamesBehindAQuestionForTheRoot() throws {
        var message = Message(id: 1, asking: Question(.root, .a))
        let name = try #require(DomainName("a.example"))
        let address = try #require(IPAddress("10.0.0.1"))
        message.answers = [.address(name, ttl: 1, address), .address(name, ttl: 1, address)]
        #expect(try Message(bytes: message.bytes()) == message)
    }

    @Test
    func targetsOfServiceRecordsAreNotCompressed() throws {
        let name = try #require(DomainName("a.example"))
        var message = Message(id: 1, asking: Question(name, .srv))
        message.answers = [
            ResourceRecord(name, .srv, ttl: 1, .service(priority: 0, weight: 1, port: 2, target: name))
        ]
        #expect(message.bytes().count == 12 + 15 + 12 + 6 + 11)
    }

    @Test(arguments: [512, 513, 527, 528, 600, 1232])
    func truncationKeepsWholeRecordsAndFillsUpToTheLimit(limit: Int) throws {
        let name = try #require(DomainName("s.ns.svc.cluster.local"))
        var message = Message(id: 1, asking: Question(name, .a))
        message.answers = (0..<200).map {
            .address(name, ttl: 5, IPAddress(bits: UInt128($0), isIPv4: true))
        }
        message.edns = ExtendedDNS(payloadSize: UInt16(limit))
        let bytes = message.bytes(limit: limit)
        #expect(bytes.count <= limit)
        #expect(bytes.count > limit - 16)
        let cut = try Message(bytes: bytes)
        #expect(cut.header.isTruncated)
        #expect(cut.answers == Array(message.answers[..<cut.answers.count]))
        #expect(cut.edns == message.edns)
    }

    /// NSID, COOKIE, padding and keep-alive: what of them is left, and whether the record still has room.
    @Test(arguments: [
        (sizes: [4, 8, 16, 2], left: [3, 10, 12, 11], hasRecord: true),
        (sizes: [4, 8, 448, 2], left: [3, 10, 11], hasRecord: true),
        (sizes: [4, 8, 60_000, 2], left: [3, 10, 11], hasRecord: true),
        (sizes: [4, 436, 16, 16], left: [3, 10], hasRecord: false),
        (sizes: [4, 60_000, 16, 2], left: [3], hasRecord: true),
        (sizes: [60_000, 8, 16, 2], left: [], hasRecord: true),
    ])
    func optionsCountTowardsTheLimit(sizes: [Int], left: [UInt16], hasRecord: Bool) throws {
        let name = try #require(DomainName("s.ns.svc.cluster.local"))
        var message = Message(id: 1, asking: Question(name, .a))
        message.answers = [.address(name, ttl: 5, IPAddress(bits: 1, isIPv4: true))]
        var edns = ExtendedDNS(payloadSize: 512)
        edns.options = zip([3, 10, 12, 11], sizes).map { code, size in
            ExtendedDNS.Option(code: code, data: [UInt8](repeating: 1, count: size))
        }
        message.edns = edns
        let bytes = message.bytes(limit: 512)
        #expect(bytes.count <= 512)
        let cut = try Message(bytes: bytes)
        #expect(cut.edns?.options == edns.options.filter { left.contains($0.code) })
        #expect(cut.answers.isEmpty != hasRecord)
        #expect(cut.header.isTruncated != hasRecord)
    }

    @Test(arguments: [
        "abcd01000001000000000000c00c00010001",  // to itself
        "abcd01000001000000000000c02000010001",  // past the end
        "abcd01000001000000000000076578616d706c65c00c00010001",  // a name that grows for ever
        "abcd01000001000000000000c00ec00c00010001",  // to each other
        "abcd0100000100000000000040610000010001",  // a label of a reserved kind
    ])
    func namesInLoopsAndOtherNonsenseAreRefused(hex: String) throws {
        let bytes = [UInt8](hex: hex)
        #expect(throws: WireError.self) { try Message(bytes: bytes) }
    }

    @Test
    func aPointerIsFollowedAndReadingGoesOnBehindIt() throws {
        // A question, and an answer whose owner points to it.
        let bytes = [UInt8](hex: "abcd8180000100010000000001610262630000010001c00c0001000100000005000401020304")
        let message = try Message(bytes: bytes)
        #expect(message.answers.map(\.description) == ["a.bc. 5 IN A 1.2.3.4"])
    }

    /// A short run of what scripts/fuzz-dns does for as long as one likes.
    @Test
    func mutatedPacketsNeverBreakTheResponder() throws {
        let seconds = ProcessInfo.processInfo.environment["FAIRLEAD_DNS_FUZZ_SECONDS"].flatMap(Double.init) ?? 2
        let seed = ProcessInfo.processInfo.environment["FAIRLEAD_DNS_FUZZ_SEED"].flatMap(UInt64.init) ?? 1
        let count = try PacketFuzzer(seed: seed).run(for: .seconds(seconds))
        print("fuzzed \(count) packets")
        #expect(count > 100)
    }
}

extension [UInt8] {
    init(hex: String) {
        let digits = hex.compactMap { $0.hexDigitValue }
        self = stride(from: 0, to: digits.count - 1, by: 2).map { UInt8(digits[$0] * 16 + digits[$0 + 1]) }
    }
}
