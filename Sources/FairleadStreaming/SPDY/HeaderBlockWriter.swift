/// Writes header blocks as zlib streams of stored parts.
///
/// The few headers that a server sends gain nothing by compression. The stream is one for the whole connection, begins
/// with the number of SPDY's dictionary, and every block ends with an empty part, at which readers hand on what they
/// have.
package struct HeaderBlockWriter: Sendable {
    private var hasBegun = false

    package init() {}

    package mutating func bytes(of headers: [SPDYHeader]) -> [UInt8] {
        var plain = Self.word(headers.count)
        for header in headers {
            for text in [header.name, header.value] {
                plain += Self.word(text.utf8.count)
                plain += text.utf8
            }
        }
        var bytes: [UInt8] = hasBegun ? [] : [0x78, 0xBB, 0xE3, 0xC6, 0xA7, 0xC2]
        hasBegun = true
        var rest = plain[...]
        while !rest.isEmpty {
            bytes += Self.stored(rest.prefix(0xFFFF))
            rest = rest.dropFirst(0xFFFF)
        }
        return bytes + Self.stored([])
    }

    private static func stored(_ part: ArraySlice<UInt8>) -> [UInt8] {
        let length = UInt16(clamping: part.count)
        return [0] + [length, ~length].flatMap { [UInt8(truncatingIfNeeded: $0), UInt8(truncatingIfNeeded: $0 >> 8)] }
            + part
    }

    private static func word(_ count: Int) -> [UInt8] {
        let value = UInt32(clamping: count)
        return (0..<4).map { UInt8(truncatingIfNeeded: value >> UInt32(24 - 8 * $0)) }
    }
}
