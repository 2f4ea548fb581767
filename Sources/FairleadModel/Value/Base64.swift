/// Standard base64 with padding (RFC 4648), parsed like in Go: line breaks are skipped.
package enum Base64 {
    package struct Malformed: Error { package var offset: Int }

    /// The text without line breaks.
    package static func canonical(_ text: String) throws(Malformed) -> String {
        var text = text
        let fault = text.withUTF8 { firstFault(in: $0) }
        if let fault { throw Malformed(offset: fault) }
        if !text.utf8.contains(where: { $0 == 10 || $0 == 13 }) { return text }
        return String(decoding: text.utf8.filter { $0 != 10 && $0 != 13 }, as: UTF8.self)
    }

    /// The offset of the first invalid byte; nil if the text is valid.
    private static func firstFault(in bytes: UnsafeBufferPointer<UInt8>) -> Int? {
        var digits = 0
        var padding = 0
        for (offset, byte) in bytes.enumerated() {
            if byte == 10 || byte == 13 { continue }
            if byte == UInt8(ascii: "=") {
                guard digits % 4 >= 2, padding == 0 || digits % 4 == 2, padding < 2 else { return offset }
                padding += 1
                if digits % 4 == 3, padding > 1 { return offset }
            } else if isDigit(byte) {
                if padding > 0 { return offset }
                digits += 1
            } else {
                return offset
            }
        }
        let isWhole = padding == 0 ? digits % 4 == 0 : digits % 4 + padding == 4
        return isWhole ? nil : max(0, bytes.count - (digits + padding) % 4)
    }

    private static func isDigit(_ byte: UInt8) -> Bool {
        switch byte {
        case UInt8(ascii: "A")...UInt8(ascii: "Z"), UInt8(ascii: "a")...UInt8(ascii: "z"),
            UInt8(ascii: "0")...UInt8(ascii: "9"), UInt8(ascii: "+"), UInt8(ascii: "/"):
            true
        default: false
        }
    }
}
