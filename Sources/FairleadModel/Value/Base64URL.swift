/// Unpadded base64 with the URL alphabet (RFC 4648, 5).
package enum Base64URL {
    private static let alphabet = Base64.Alphabet.url

    package static func encode(_ bytes: [UInt8]) -> String { Base64.encode(bytes[...], alphabet, padding: nil) }

    /// Where a text stops being base64.
    package struct Fault: Error {
        package let offset: Int
    }

    /// Line breaks do not count, as in Go's decoder; everything else must be of the alphabet.
    package static func decode(_ text: String) -> Result<[UInt8], Fault> {
        var output: [UInt8] = []
        var bits: UInt32 = 0
        var count = 0
        var offset = 0
        for character in text.utf8 {
            defer { offset += 1 }
            if character == 0x0A || character == 0x0D { continue }
            guard let digit = alphabet.value(of: character) else { return .failure(Fault(offset: offset)) }
            bits = bits << 6 | digit
            count += 6
            if count >= 8 {
                count -= 8
                output.append(UInt8(truncatingIfNeeded: bits >> UInt32(count)))
                bits &= (1 << UInt32(count)) - 1
            }
        }
        // One digit alone is less than a byte.
        return count == 6 ? .failure(Fault(offset: max(0, offset - 1))) : .success(output)
    }
}
