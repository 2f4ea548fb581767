import FairleadContainers

/// Reads lines and counted bytes from a stream.
struct LineReader {
    private let source: any ByteSource
    private let limit: Int
    private var buffer: [UInt8] = []

    /// - Parameter limit: of a line, in bytes.
    init(_ source: any ByteSource, limit: Int) {
        self.source = source
        self.limit = limit
    }

    private mutating func fill() async -> Bool {
        guard let more = await source.read(upTo: 16_384) else { return false }
        buffer += more
        return true
    }

    /// Without its end; nil at the end of the stream, and when the line is too long.
    mutating func line() async -> String? {
        while true {
            if let end = buffer.firstIndex(of: UInt8(ascii: "\n")) {
                var line = buffer[..<end]
                if line.last == UInt8(ascii: "\r") { line.removeLast() }
                let text = String(decoding: line, as: UTF8.self)
                buffer.removeFirst(end + 1)
                return text
            }
            guard buffer.count <= limit, await fill() else { return nil }
        }
    }

    mutating func bytes(_ count: Int) async -> [UInt8]? {
        while buffer.count < count { guard await fill() else { return nil } }
        let bytes = Array(buffer.prefix(count))
        buffer.removeFirst(count)
        return bytes
    }
}
