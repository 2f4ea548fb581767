/// Parses protobuf's wire format (protobuf.dev, "Encoding") from a part of an array. Never reads outside it.
struct ProtobufReader {
    private let bytes: [UInt8]
    private var position: Int
    private let end: Int

    struct Tag {
        var number: Int
        var wireType: Int
    }

    init(_ bytes: [UInt8]) { self.init(bytes, 0..<bytes.count) }

    init(_ bytes: [UInt8], _ range: Range<Int>) {
        self.bytes = bytes
        position = range.lowerBound
        end = range.upperBound
    }

    var isAtEnd: Bool { position >= end }

    mutating func varint() throws(ProtobufError) -> UInt64 {
        var result: UInt64 = 0
        var shift: UInt64 = 0
        while true {
            if shift >= 64 { throw .overflow }
            guard position < end else { throw .unexpectedEnd }
            let byte = bytes[position]
            position += 1
            result |= UInt64(byte & 0x7F) << shift
            if byte < 0x80 { return result }
            shift += 7
        }
    }

    /// - Parameter message: the Go name of the message, for error messages.
    mutating func tag(of message: String) throws(ProtobufError) -> Tag {
        let key = try varint()
        let number = Int(Int32(truncatingIfNeeded: key >> 3))
        let wireType = Int(key & 7)
        if wireType == 4 { throw ProtobufError(message: "proto: \(message): wiretype end group for non-group") }
        if number <= 0 {
            throw ProtobufError(message: "proto: \(message): illegal tag \(number) (wire type \(wireType))")
        }
        return Tag(number: number, wireType: wireType)
    }

    /// The range of a length-delimited field's content; the reader continues after it.
    mutating func range() throws(ProtobufError) -> Range<Int> {
        guard let length = Int(exactly: try varint()) else { throw .negativeLength }
        let (upper, overflows) = position.addingReportingOverflow(length)
        if overflows { throw .negativeLength }
        if upper > end { throw .unexpectedEnd }
        defer { position = upper }
        return position..<upper
    }

    mutating func nested() throws(ProtobufError) -> ProtobufReader { ProtobufReader(bytes, try range()) }

    mutating func content() throws(ProtobufError) -> ArraySlice<UInt8> { bytes[try range()] }

    /// Invalid UTF-8 becomes U+FFFD.
    mutating func string() throws(ProtobufError) -> String { String(decoding: try content(), as: UTF8.self) }

    mutating func fixed64() throws(ProtobufError) -> UInt64 {
        guard end - position >= 8 else { throw .unexpectedEnd }
        var result: UInt64 = 0
        for offset in 0..<8 { result |= UInt64(bytes[position + offset]) << UInt64(8 * offset) }
        position += 8
        return result
    }

    /// Skips a field, including groups.
    mutating func skip(wireType first: Int) throws(ProtobufError) {
        var wireType = first
        var depth = 0
        while true {
            switch wireType {
            case 0: _ = try varint()
            case 1: try advance(8)
            case 2: _ = try range()
            case 3: depth += 1
            case 4:
                if depth == 0 { throw .endOfGroup }
                depth -= 1
            case 5: try advance(4)
            default: throw ProtobufError(message: "proto: illegal wireType \(wireType)")
            }
            if depth == 0 { return }
            wireType = Int(try varint() & 7)
        }
    }

    private mutating func advance(_ count: Int) throws(ProtobufError) {
        guard end - position >= count else { throw .unexpectedEnd }
        position += count
    }
}
