extension String {
    /// Whether two texts are equal ignoring ASCII case (RFC 9110, 5.1: names of header fields).
    package func equalsIgnoringASCIICase(_ other: String) -> Bool {
        guard utf8.count == other.utf8.count else { return false }
        return withBytes { left in
            other.withBytes { right in
                left.indices.allSatisfy { index in
                    let (one, two) = (left[index], right[index])
                    return one == two || (one ^ two == 0x20 && (0x61...0x7A).contains(one | 0x20))
                }
            }
        }
    }

    /// With spaces in place of line breaks, which would let a client inject headers.
    package var asFieldValue: String {
        guard withBytes({ $0.contains { $0 == 13 || $0 == 10 || $0 == 0 } }) else { return self }
        return String(decoding: utf8.map { $0 == 13 || $0 == 10 || $0 == 0 ? 32 : $0 }, as: UTF8.self)
    }
}

extension StringProtocol {
    /// The text with each `%XX` replaced by its byte; broken escapes stay as they are, and invalid UTF-8 becomes
    /// U+FFFD.
    package var removingPercentEscapes: String {
        guard utf8.contains(UInt8(ascii: "%")) else { return String(self) }
        var bytes: [UInt8] = []
        bytes.reserveCapacity(utf8.count)
        let source = Array(utf8)
        var index = 0
        while index < source.count {
            if source[index] == UInt8(ascii: "%"), index + 2 < source.count,
                let byte = UInt8(String(decoding: source[index + 1...index + 2], as: UTF8.self), radix: 16)
            {
                bytes.append(byte)
                index += 3
            } else {
                bytes.append(source[index])
                index += 1
            }
        }
        return String(decoding: bytes, as: UTF8.self)
    }
}
