import NIOCore

/// Finds the end of each answer in the bytes from a connection, with as little work as possible.
struct ResponseReader {
    private enum State {
        case head
        case body(left: Int)
        case chunkHead
        case chunk(left: Int)
    }

    enum Event {
        case head(status: Int)
        case body(ByteBuffer)
        case end
    }

    private var buffer = ByteBuffer()
    private var state: State = .head

    mutating func add(_ more: inout ByteBuffer) {
        if buffer.readableBytes == 0 { buffer = more } else { buffer.writeBuffer(&more) }
    }

    mutating func next() throws(BenchError) -> Event? {
        switch state {
        case .head: return try readHead()
        case .body(0):
            state = .head
            return .end
        case .body(let left):
            guard let part = buffer.readSlice(length: min(left, buffer.readableBytes)), part.readableBytes > 0 else {
                return nil
            }
            state = .body(left: left - part.readableBytes)
            return .body(part)
        case .chunkHead:
            guard let line = readLine() else { return nil }
            if line.isEmpty { return try next() }
            guard let size = Int(line, radix: 16) else { throw BenchError("bad chunk size \(line)") }
            if size == 0 {
                guard readLine() != nil else { throw BenchError("trailers are not understood") }
                state = .head
                return .end
            }
            state = .chunk(left: size)
            return try next()
        case .chunk(let left):
            guard let part = buffer.readSlice(length: min(left, buffer.readableBytes)), part.readableBytes > 0 else {
                return nil
            }
            let rest = left - part.readableBytes
            state = rest == 0 ? .chunkHead : .chunk(left: rest)
            return .body(part)
        }
    }

    private mutating func readLine() -> String? {
        guard let end = buffer.readableBytesView.firstIndex(of: 10) else { return nil }
        let line = buffer.readString(length: end - buffer.readerIndex) ?? ""
        buffer.moveReaderIndex(forwardBy: 1)
        return line.hasSuffix("\r") ? String(line.dropLast()) : line
    }

    private mutating func readHead() throws(BenchError) -> Event? {
        var length: Int?
        var isChunked = false
        var status = 0
        let used: Int = buffer.withUnsafeReadableBytes { bytes in
            var lineStart = 0
            var index = 0
            while index + 1 < bytes.count {
                guard bytes[index] == 13, bytes[index + 1] == 10 else {
                    index += 1
                    continue
                }
                if index == lineStart { return index + 2 }
                if lineStart == 0 {
                    status = ResponseReader.number(bytes[min(9, index)..<min(12, index)])
                } else if bytes[lineStart] | 0x20 == UInt8(ascii: "c"), index - lineStart > 15,
                    bytes[lineStart + 14] == UInt8(ascii: ":")
                {
                    // Content-Length is the only such header with its colon there.
                    length = ResponseReader.number(bytes[(lineStart + 15)..<index])
                } else if bytes[lineStart] | 0x20 == UInt8(ascii: "t"), index - lineStart > 17,
                    bytes[lineStart + 17] == UInt8(ascii: ":")
                {
                    isChunked = true
                }
                index += 2
                lineStart = index
            }
            return 0
        }
        guard used > 0 else { return nil }
        buffer.moveReaderIndex(forwardBy: used)
        if status == 100 { return try readHead() }
        state = isChunked ? .chunkHead : .body(left: length ?? 0)
        return .head(status: status)
    }

    private static func number(_ digits: Slice<UnsafeRawBufferPointer>) -> Int {
        digits.reduce(0) { (48...57).contains($1) ? $0 * 10 + Int($1 - 48) : $0 }
    }
}
