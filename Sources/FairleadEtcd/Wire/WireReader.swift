/// Reads protobuf's wire format (protobuf.dev, "Encoding"). Never reads outside of its bytes, whatever they are.
struct WireReader {
    private let bytes: ArraySlice<UInt8>
    private var position: Int

    init(_ bytes: ArraySlice<UInt8>) {
        self.bytes = bytes
        position = bytes.startIndex
    }

    /// One field of a message.
    struct Field {
        var number: Int
        /// The value of a number.
        var integer: Int64
        /// The content of a text, bytes or a message; empty for a number.
        var content: ArraySlice<UInt8>

        var bool: Bool { integer != 0 }
        var bytes: [UInt8] { Array(content) }
        var text: String { String(decoding: content, as: UTF8.self) }
    }

    /// The next field; nil at the end.
    mutating func next() throws(WireError) -> Field? {
        guard position < bytes.endIndex else { return nil }
        let tag = try varint()
        guard let number = Int(exactly: tag >> 3), number > 0 else { throw WireError() }
        var field = Field(number: number, integer: 0, content: [])
        switch tag & 7 {
        case 0: field.integer = Int64(bitPattern: try varint())
        case 1: field.content = try take(8)
        case 2:
            guard let length = Int(exactly: try varint()) else { throw WireError() }
            field.content = try take(length)
        case 5: field.content = try take(4)
        default: throw WireError()
        }
        return field
    }

    private mutating func varint() throws(WireError) -> UInt64 {
        var result: UInt64 = 0
        var shift: UInt64 = 0
        while position < bytes.endIndex, shift < 64 {
            let byte = bytes[position]
            position += 1
            result |= UInt64(byte & 0x7F) << shift
            if byte < 0x80 { return result }
            shift += 7
        }
        throw WireError()
    }

    private mutating func take(_ count: Int) throws(WireError) -> ArraySlice<UInt8> {
        guard count <= bytes.endIndex - position else { throw WireError() }
        defer { position += count }
        return bytes[position..<(position + count)]
    }
}

/// Bytes that are not a message.
struct WireError: Error {}
