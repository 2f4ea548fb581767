import Testing

@testable import FairleadStreaming

struct SPDYFrameTests {
    /// As zlib at its highest level writes the first two streams of a forwarded connection.
    private static let golden = bytes(
        "800300010100003d0000000100000000000078f9e3c6a7c202253a703a2b294a4dcc851625aca9a0808614cb45e01c6061606100a4398b20"
            + "d198094ade8c0600000000ffff"
            + "800300010000001800000003000000000000c2aa19540e2512d60b000000ffff")
    /// 78 bytes that become 40,000.
    private static let bomb = bytes(
        "78f9e3c6a7c2ecd2310d000008c0b0e00c5988412cf0a0a24de660fb515c3b7667010000000000000000000000000000000000000000000000"
            + "0000000000000000000000000000006f000000ffff")

    private static func bytes(_ hex: String) -> [UInt8] {
        let digits = Array(hex)
        return stride(from: 0, to: digits.count, by: 2).map { UInt8(String(digits[$0...($0 + 1)]), radix: 16)! }
    }

    private static func all(_ bytes: [UInt8], pieces: Int) throws -> [SPDYFrame] {
        var reader = SPDYFrameReader()
        var frames: [SPDYFrame] = []
        for start in stride(from: 0, to: bytes.count, by: pieces) {
            reader.append(Array(bytes[start..<min(bytes.count, start + pieces)]))
            while let frame = try reader.next() { frames.append(frame) }
        }
        return frames
    }

    @Test(arguments: [1, 2, 3, 7, 16, 1000])
    func whatZlibCompressesIsRead(pieces: Int) throws {
        func headers(_ type: String) -> [SPDYHeader] {
            [SPDYHeader("streamtype", type), SPDYHeader("port", "8080"), SPDYHeader("requestid", "0")]
        }
        let expected: [SPDYFrame] = [
            .synStream(stream: 1, headers: headers("error"), isLast: true),
            .synStream(stream: 3, headers: headers("data"), isLast: false),
        ]
        #expect(try Self.all(Self.golden, pieces: pieces) == expected)
    }

    @Test func everyFrameIsReadAsItWasWritten() throws {
        let headers = [SPDYHeader("a", "b"), SPDYHeader("x-long", String(repeating: "y", count: 5000))]
        let frames: [SPDYFrame] = [
            .synStream(stream: 1, headers: headers, isLast: false), .synReply(stream: 1, headers: [], isLast: false),
            .data(stream: 1, bytes: Array("abc".utf8), isLast: false), .data(stream: 1, bytes: [], isLast: true),
            .headers(stream: 1, headers: headers, isLast: true), .reset(stream: 1, status: .cancel), .settings,
            .ping(7), .goAway(lastStream: 9, status: 2), .windowUpdate(stream: 1, delta: 65_536), .unknown(type: 77),
        ]
        var blocks = HeaderBlockWriter()
        let bytes = frames.flatMap { $0.bytes(&blocks) }
        #expect(try Self.all(bytes, pieces: bytes.count) == frames)
        #expect(
            try Self.all(bytes, pieces: 5).filter { if case .data = $0 { false } else { true } }
                == frames.filter { if case .data = $0 { false } else { true } })
    }

    @Test func dataIsHandedOnBeforeItsFrameIsWhole() throws {
        var reader = SPDYFrameReader()
        // A frame of 16 MiB, of which ten bytes have come.
        reader.append([0, 0, 0, 5, 1, 0xFF, 0xFF, 0xFF] + [UInt8](repeating: 1, count: 10))
        #expect(try reader.next() == .data(stream: 5, bytes: [UInt8](repeating: 1, count: 10), isLast: false))
        #expect(try reader.next() == nil)
        reader.append([2])
        #expect(try reader.next() == .data(stream: 5, bytes: [2], isLast: false))
    }

    @Test func randomBytesAreNeverMoreThanRefused() {
        var random = SystemRandomNumberGenerator()
        for _ in 0..<2000 {
            var bytes = (0..<Int.random(in: 1...200, using: &random)).map { _ in UInt8.random(in: .min ... .max) }
            if Bool.random() { bytes.replaceSubrange(0..<1, with: [0x80, 3, 0, UInt8.random(in: 0...10), 0, 0, 0]) }
            _ = try? Self.all(bytes, pieces: 9)  // An error is as well: what must not happen is a trap.
        }
    }

    @Test(arguments: [
        ("8002000100000000", SPDYError.wrongVersion(2)), ("80030001ff ffffff", .tooLarge),
        ("8003000100000004 00000001", .malformed),
        ("8003000300000004 00000001", .malformed), ("8003000600000002 0000", .malformed),
        // Headers without a dictionary, and none at all.
        ("800300010000000a 00000001 00000000 0000", .badHeaders),
        ("8003000200000008 00000001 deadbeef", .badHeaders),
    ])
    func brokenFramesAreRefused(hex: String, error: SPDYError) {
        let bytes = Self.bytes(hex.filter { $0 != " " })
        #expect(throws: error) { try Self.all(bytes, pieces: bytes.count) }
    }

    @Test func aZipBombIsRefused() {
        let frame: [UInt8] = [0x80, 3, 0, 2, 0, 0, 0, UInt8(Self.bomb.count + 4), 0, 0, 0, 1] + Self.bomb
        #expect(throws: SPDYError.badHeaders) { try Self.all(frame, pieces: frame.count) }
    }

    @Test func aBlockThatLiesAboutItsLengthsIsRefused() {
        for plain: [UInt8] in [
            [0xFF, 0xFF, 0xFF, 0xFF], [0, 0, 0, 1], [0, 0, 0, 1, 0, 0, 0, 9, 65], [0, 0, 0, 1, 0, 0, 0, 0, 0, 0, 0, 0],
        ] {
            let length = UInt8(plain.count)
            let block: [UInt8] =
                [0x78, 0xBB, 0xE3, 0xC6, 0xA7, 0xC2, 0, length, 0, ~length, 0xFF] + plain + [0, 0, 0, 0xFF, 0xFF]
            #expect(throws: SPDYError.badHeaders) { _ = try HeaderBlockReader().headers(in: block[...]) }
        }
    }

    @Test func theDictionaryIsThatOfTheSpecification() {
        var (low, high) = (UInt32(1), UInt32(0))
        for byte in SPDYDictionary.bytes {
            low = (low + UInt32(byte)) % 65_521
            high = (high + low) % 65_521
        }
        #expect(SPDYDictionary.bytes.count == 1423)
        #expect(high << 16 | low == 0xE3C6_A7C2)
    }
}
