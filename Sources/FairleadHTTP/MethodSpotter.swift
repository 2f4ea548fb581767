import NIOCore
import NIOHTTP1

/// Stands before the decoder, which gives up at methods that it has no name for, although HTTP lets anybody invent some
/// (RFC 9110, 9.1): the head of such a request, as a whole at the start of what has just arrived, is read here.
final class MethodSpotter: ChannelInboundHandler, RemovableChannelHandler {
    typealias InboundIn = ByteBuffer
    typealias InboundOut = ByteBuffer

    /// What the decoder is reading at the moment.
    private var current: ByteBuffer?

    func channelRead(context: ChannelHandlerContext, data: NIOAny) {
        current = unwrapInboundIn(data)
        context.fireChannelRead(data)
        current = nil
    }

    /// The decoder has found something at the start of it.
    func forget() { current = nil }

    /// nil where the bytes are no head.
    func head() -> HTTPRequestHead? {
        guard let bytes = current?.readableBytesView, let end = Self.end(of: bytes) else { return nil }
        var lines = bytes[..<end].split(separator: 0x0A)[...]
        guard let first = lines.popFirst() else { return nil }
        let parts = Self.text(first).split(separator: " ", omittingEmptySubsequences: false)
        guard parts.count == 3, Self.isToken(parts[0]), !parts[1].isEmpty else { return nil }
        let version: HTTPVersion
        switch parts[2] {
        case "HTTP/1.1": version = .http1_1
        case "HTTP/1.0": version = .http1_0
        default: return nil
        }
        var headers = HTTPHeaders()
        for line in lines {
            let text = Self.text(line)
            guard let colon = text.firstIndex(of: ":"), Self.isToken(text[..<colon]) else { return nil }
            let value = text[text.index(after: colon)...].drop { $0 == " " || $0 == "\t" }
            guard value.utf8.allSatisfy({ $0 >= 0x20 && $0 != 0x7F || $0 == 0x09 }) else { return nil }
            headers.add(name: String(text[..<colon]), value: String(value))
        }
        return HTTPRequestHead(
            version: version, method: .RAW(value: String(parts[0])), uri: String(parts[1]), headers: headers)
    }

    /// The end of the head: where the empty line begins.
    private static func end(of bytes: ByteBufferView) -> Int? {
        var start = bytes.startIndex
        while let line = bytes[start...].firstIndex(of: 0x0A) {
            if line == start || line == start + 1 && bytes[start] == 0x0D { return start }
            start = line + 1
        }
        return nil
    }

    /// A line without its carriage return.
    private static func text(_ line: ByteBufferView) -> String {
        String(decoding: line.last == 0x0D ? line.dropLast() : line, as: UTF8.self)
    }

    private static func isToken(_ text: some StringProtocol) -> Bool {
        !text.isEmpty
            && text.utf8.allSatisfy { byte in
                switch byte {
                case UInt8(ascii: "a")...UInt8(ascii: "z"), UInt8(ascii: "A")...UInt8(ascii: "Z"),
                    UInt8(ascii: "0")...UInt8(ascii: "9"):
                    true
                default: "!#$%&'*+-.^_`|~".utf8.contains(byte)
                }
            }
    }
}
