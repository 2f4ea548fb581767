import FairleadModel
import Testing

@testable import FairleadDNS

/// A small generator whose runs can be repeated.
struct Lehmer: RandomNumberGenerator {
    private var state: UInt128

    init(seed: UInt64) { state = UInt128(seed) << 1 | 1 }

    mutating func next() -> UInt64 {
        state = state &* 0xda94_2042_e4dd_58b5
        return UInt64(truncatingIfNeeded: state >> 64)
    }
}

/// Throws damaged packets at the responder and looks at what comes back.
struct PacketFuzzer {
    private var random: Lehmer
    private let responder: TestResponder

    init(seed: UInt64) throws {
        random = Lehmer(seed: seed)
        responder = try TestResponder(.cluster())
    }

    /// - Returns: how many packets were tried.
    func run(for duration: Duration) throws -> Int {
        var fuzzer = self
        let end = ContinuousClock.now + duration
        var count = 0
        while ContinuousClock.now < end {
            try fuzzer.step()
            count += 1
        }
        return count
    }

    private mutating func step() throws {
        var packet = Message.random(using: &random, asksOnly: Bool.random(using: &random)).bytes(limit: 4096)
        for _ in 0..<Int.random(in: 0...6, using: &random) { mutate(&packet) }
        // Whatever can be read can be written and read again.
        if let message = try? Message(bytes: packet) {
            let bytes = message.bytes()
            let again = try #require(try? Message(bytes: bytes), "unreadable after writing: \(packet)")
            var expected = message
            expected.header.isTruncated = bytes[2] & 2 != 0
            if bytes.count < 60_000 { #expect(again == expected, "\(packet)") }
        }
        let limit = [512, 1232, 65535].randomElement(using: &random) ?? 512
        guard let answer = responder.answer(packet, limit: limit) else {
            let isQuery = packet.count >= 12 && packet[2] & 0x80 == 0
            #expect(!isQuery, "no answer to \(packet)")
            return
        }
        // The question and the options of the OPT record come back even where they leave no room for records.
        #expect(answer.count <= max(limit, packet.count + 600), "\(packet)")
        let message = try #require(try? Message(bytes: answer), "unreadable answer to \(packet)")
        #expect(message.header.isResponse)
        #expect(message.header.id == UInt16(packet[0]) << 8 | UInt16(packet[1]))
    }

    private mutating func mutate(_ packet: inout [UInt8]) {
        guard !packet.isEmpty else { return }
        let place = Int.random(in: 0..<packet.count, using: &random)
        switch Int.random(in: 0..<7, using: &random) {
        case 0: packet[place] = UInt8.random(in: 0...255, using: &random)
        case 1: packet[place] ^= 1 << UInt8.random(in: 0..<8, using: &random)
        case 2: packet.removeLast(packet.count - place)
        case 3: packet.insert(UInt8.random(in: 0...255, using: &random), at: place)
        case 4: packet.remove(at: place)
        case 5 where place + 1 < packet.count:
            packet[place] = 0xC0
            packet[place + 1] = UInt8.random(in: 0...80, using: &random)
        default: packet += packet[place...]
        }
        if packet.count > 8192 { packet.removeLast(packet.count - 8192) }
    }
}

extension Message {
    private static let names = [
        "cluster.local", "web.ns.svc.cluster.local", "_http._tcp.db.ns.svc.cluster.local", "db.ns.svc.CLUSTER.local",
        "alias.ns.svc.cluster.local", "10-1-2-3.ns.pod.cluster.local", "1.0.244.10.in-addr.arpa",
        "ns.dns.cluster.local",
        "nope.ns.svc.cluster.local", "www.example.com", ".", "a", #"a\000b\.c.ns.svc.cluster.local"#,
    ]

    /// A well-formed message.
    static func random(using random: inout Lehmer, asksOnly: Bool = false) -> Message {
        func name(_ random: inout Lehmer) -> DomainName {
            DomainName(names.randomElement(using: &random) ?? "a") ?? .root
        }
        func record(_ random: inout Lehmer) -> ResourceRecord {
            let owner = name(&random)
            let ttl = UInt32.random(in: 0...UInt32.max, using: &random)
            switch Int.random(in: 0..<9, using: &random) {
            case 0: return .address(owner, ttl: ttl, IPAddress(bits: UInt128(random.next()), isIPv4: true))
            case 1: return .address(owner, ttl: ttl, IPAddress(bits: UInt128(random.next()) << 64, isIPv4: false))
            case 2: return ResourceRecord(owner, .cname, ttl: ttl, .name(name(&random)))
            case 3:
                let target = name(&random)
                return ResourceRecord(
                    owner, .srv, ttl: ttl, .service(priority: 1, weight: 2, port: 3, target: target))
            case 4: return ResourceRecord(owner, .mx, ttl: ttl, .mailExchange(preference: 9, name(&random)))
            case 5:
                return ResourceRecord(owner, .txt, ttl: ttl, .text([[1, 2, 3], [], Array(repeating: 65, count: 255)]))
            case 6:
                let soa = StartOfAuthority(
                    server: name(&random), mailbox: name(&random), serial: 1, refresh: 2, retry: 3, expire: 4,
                    minimum: 5)
                return ResourceRecord(owner, .soa, ttl: ttl, .authority(soa))
            case 7: return ResourceRecord(owner, RecordType(rawValue: 65280), ttl: ttl, .opaque([1, 2, 3]))
            default: return ResourceRecord(owner, .ptr, ttl: ttl, .name(name(&random)))
            }
        }
        var message = Message(header: MessageHeader(id: UInt16.random(in: 0...65535, using: &random)))
        message.header.isRecursionDesired = Bool.random(using: &random)
        let types: [RecordType] = [.a, .aaaa, .srv, .ptr, .txt, .soa, .ns, .any, .axfr, .mx, .cname]
        message.questions = [Question(name(&random), types.randomElement(using: &random) ?? .a)]
        if Bool.random(using: &random) {
            var edns = ExtendedDNS(payloadSize: UInt16.random(in: 0...65535, using: &random))
            edns.isDNSSECOK = Bool.random(using: &random)
            if Bool.random(using: &random) {
                edns.options = [ExtendedDNS.Option(code: UInt16.random(in: 16...20, using: &random), data: [1, 2])]
            }
            message.edns = edns
        }
        if asksOnly { return message }
        message.header.isResponse = true
        for _ in 0..<Int.random(in: 0...8, using: &random) { message.answers.append(record(&random)) }
        for _ in 0..<Int.random(in: 0...3, using: &random) { message.authorities.append(record(&random)) }
        for _ in 0..<Int.random(in: 0...8, using: &random) { message.additionals.append(record(&random)) }
        return message
    }
}
