/// Unpadded base64 with the URL alphabet (RFC 4648, 5).
package enum Base64URL {
    private static let alphabet = Array("ABCDEFGHIJKLMNOPQRSTUVWXYZabcdefghijklmnopqrstuvwxyz0123456789-_".utf8)

    package static func encode(_ bytes: [UInt8]) -> String {
        var output: [UInt8] = []
        var index = 0
        while index < bytes.count {
            let chunk = bytes[index..<min(index + 3, bytes.count)]
            var bits = chunk.reduce(0) { $0 << 8 | UInt32($1) } << UInt32(8 * (3 - chunk.count))
            for _ in 0...chunk.count {
                output.append(alphabet[Int(bits >> 18 & 63)])
                bits <<= 6
            }
            index += 3
        }
        return String(decoding: output, as: UTF8.self)
    }

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
            guard let digit = value(of: character) else { return .failure(Fault(offset: offset)) }
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

    /// The same bytes with the standard alphabet and padding, as the fields of Secrets have them.
    package static func standard(_ bytes: [UInt8]) -> String {
        let text = encode(bytes).map { character -> Character in
            switch character {
            case "-": "+"
            case "_": "/"
            default: character
            }
        }
        return String(text) + String(repeating: "=", count: (4 - text.count % 4) % 4)
    }

    private static func value(of character: UInt8) -> UInt32? {
        switch character {
        case UInt8(ascii: "A")...UInt8(ascii: "Z"): UInt32(character - UInt8(ascii: "A"))
        case UInt8(ascii: "a")...UInt8(ascii: "z"): UInt32(character - UInt8(ascii: "a")) + 26
        case UInt8(ascii: "0")...UInt8(ascii: "9"): UInt32(character - UInt8(ascii: "0")) + 52
        case UInt8(ascii: "-"): 62
        case UInt8(ascii: "_"): 63
        default: nil
        }
    }
}
