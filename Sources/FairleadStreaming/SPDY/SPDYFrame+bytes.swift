extension SPDYFrame {
    static let version: UInt16 = 3

    enum Kind {
        static let synStream: UInt16 = 1
        static let synReply: UInt16 = 2
        static let reset: UInt16 = 3
        static let settings: UInt16 = 4
        static let ping: UInt16 = 6
        static let goAway: UInt16 = 7
        static let headers: UInt16 = 8
        static let windowUpdate: UInt16 = 9
    }

    static let lastFlag: UInt8 = 1

    /// The frame as it is sent.
    ///
    /// - Parameter blocks: compresses the headers, in the order in which the frames are sent.
    package func bytes(_ blocks: inout HeaderBlockWriter) -> [UInt8] {
        switch self {
        case .data(let stream, let bytes, let isLast):
            var frame = Self.word(stream & 0x7FFF_FFFF)
            frame += Self.word(UInt32(isLast ? Self.lastFlag : 0) << 24 | UInt32(clamping: bytes.count) & 0xFF_FFFF)
            return frame + bytes
        case .synStream(let stream, let headers, let isLast):
            return Self.control(
                Kind.synStream, isLast, Self.word(stream) + Self.word(0) + [0, 0] + blocks.bytes(of: headers))
        case .synReply(let stream, let headers, let isLast):
            return Self.control(Kind.synReply, isLast, Self.word(stream) + blocks.bytes(of: headers))
        case .headers(let stream, let headers, let isLast):
            return Self.control(Kind.headers, isLast, Self.word(stream) + blocks.bytes(of: headers))
        case .reset(let stream, let status):
            return Self.control(Kind.reset, false, Self.word(stream) + Self.word(status.code))
        case .settings: return Self.control(Kind.settings, false, Self.word(0))
        case .ping(let id): return Self.control(Kind.ping, false, Self.word(id))
        case .goAway(let last, let status): return Self.control(Kind.goAway, false, Self.word(last) + Self.word(status))
        case .windowUpdate(let stream, let delta):
            return Self.control(Kind.windowUpdate, false, Self.word(stream) + Self.word(delta))
        case .unknown(let type): return Self.control(type, false, [])
        }
    }

    private static func control(_ type: UInt16, _ isLast: Bool, _ payload: [UInt8]) -> [UInt8] {
        let flags = UInt32(isLast ? lastFlag : 0) << 24
        return word(0x8000_0000 | UInt32(version) << 16 | UInt32(type)) + word(flags | UInt32(clamping: payload.count))
            + payload
    }

    private static func word(_ value: UInt32) -> [UInt8] {
        (0..<4).map { UInt8(truncatingIfNeeded: value >> UInt32(24 - 8 * $0)) }
    }
}
