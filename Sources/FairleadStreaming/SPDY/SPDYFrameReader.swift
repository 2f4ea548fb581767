/// Cuts the bytes of a connection into frames. It keeps at most one control frame, of 64 KiB; data is handed on in the
/// parts that it comes in.
struct SPDYFrameReader {
    private static let headSize = 8
    private static let maximumControl = 64 << 10

    private let headers = HeaderBlockReader()
    private var buffer: [UInt8] = []
    private var start = 0
    /// The data frame that is being read: how much of it is to come.
    private var data: (stream: UInt32, left: Int, isLast: Bool)?

    mutating func append(_ bytes: [UInt8]) {
        if start > 0 {
            buffer.removeFirst(start)
            start = 0
        }
        buffer += bytes
    }

    /// nil if more bytes are needed.
    mutating func next() throws(SPDYError) -> SPDYFrame? {
        if let data { return part(of: data) }
        guard buffer.count - start >= Self.headSize else { return nil }
        let (first, second) = (word(at: start), word(at: start + 4))
        let flags = UInt8(truncatingIfNeeded: second >> 24)
        let length = Int(second & 0xFF_FFFF)
        let isLast = flags & SPDYFrame.lastFlag != 0
        if first & 0x8000_0000 == 0 {
            start += Self.headSize
            if length == 0 { return .data(stream: first, bytes: [], isLast: isLast) }
            data = (first, length, isLast)
            return part(of: (first, length, isLast))
        }
        let version = UInt16(truncatingIfNeeded: first >> 16) & 0x7FFF
        guard version == SPDYFrame.version else { throw .wrongVersion(version) }
        guard length <= Self.maximumControl else { throw .tooLarge }
        guard buffer.count - start >= Self.headSize + length else { return nil }
        let body = buffer[(start + Self.headSize)..<(start + Self.headSize + length)]
        start += Self.headSize + length
        return try control(UInt16(truncatingIfNeeded: first), body, isLast)
    }

    private mutating func part(of frame: (stream: UInt32, left: Int, isLast: Bool)) -> SPDYFrame? {
        let count = min(frame.left, buffer.count - start)
        guard count > 0 else { return nil }
        let bytes = Array(buffer[start..<(start + count)])
        start += count
        let left = frame.left - count
        data = left > 0 ? (frame.stream, left, frame.isLast) : nil
        return .data(stream: frame.stream, bytes: bytes, isLast: left == 0 && frame.isLast)
    }

    private func control(_ type: UInt16, _ body: ArraySlice<UInt8>, _ isLast: Bool) throws(SPDYError) -> SPDYFrame {
        func word(_ index: Int) throws(SPDYError) -> UInt32 {
            guard body.count >= 4 * index + 4 else { throw .malformed }
            return self.word(at: body.startIndex + 4 * index)
        }
        let stream = { () throws(SPDYError) in try word(0) & 0x7FFF_FFFF }
        switch type {
        case SPDYFrame.Kind.synStream:
            guard body.count >= 10 else { throw .malformed }
            return .synStream(
                stream: try stream(), headers: try headers.headers(in: body.dropFirst(10)), isLast: isLast)
        case SPDYFrame.Kind.synReply:
            guard body.count >= 4 else { throw .malformed }
            return .synReply(stream: try stream(), headers: try headers.headers(in: body.dropFirst(4)), isLast: isLast)
        case SPDYFrame.Kind.headers:
            guard body.count >= 4 else { throw .malformed }
            return .headers(stream: try stream(), headers: try headers.headers(in: body.dropFirst(4)), isLast: isLast)
        case SPDYFrame.Kind.reset: return .reset(stream: try stream(), status: SPDYFrame.ResetStatus(try word(1)))
        case SPDYFrame.Kind.settings: return .settings
        case SPDYFrame.Kind.ping: return .ping(try word(0))
        case SPDYFrame.Kind.goAway: return .goAway(lastStream: try stream(), status: try word(1))
        case SPDYFrame.Kind.windowUpdate: return .windowUpdate(stream: try stream(), delta: try word(1) & 0x7FFF_FFFF)
        default: return .unknown(type: type)
        }
    }

    private func word(at index: Int) -> UInt32 { buffer[index..<(index + 4)].reduce(0) { $0 << 8 | UInt32($1) } }
}
