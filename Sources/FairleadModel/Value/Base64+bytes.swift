extension Base64 {
    /// Encodes with padding, without line breaks.
    package static func encode(_ bytes: ArraySlice<UInt8>) -> String {
        encode(bytes, .standard, padding: UInt8(ascii: "="))
    }

    /// - Parameter padding: fills up the last group of four; nil for none.
    static func encode(_ bytes: ArraySlice<UInt8>, _ alphabet: Alphabet, padding: UInt8?) -> String {
        var result: [UInt8] = []
        result.reserveCapacity((bytes.count + 2) / 3 * 4)
        var index = bytes.startIndex
        while index < bytes.endIndex {
            let count = min(3, bytes.endIndex - index)
            var group: UInt32 = 0
            for offset in 0..<3 { group = group << 8 | (offset < count ? UInt32(bytes[index + offset]) : 0) }
            for digit in 0..<4 {
                let place = UInt32(18 - 6 * digit)
                if digit <= count {
                    result.append(alphabet.digits[Int(group >> place & 63)])
                } else if let padding {
                    result.append(padding)
                }
            }
            index += count
        }
        return String(decoding: result, as: UTF8.self)
    }

    /// The bytes of a text in canonical form; characters that are not digits are skipped.
    package static func decode(_ text: String) -> [UInt8] {
        var result: [UInt8] = []
        result.reserveCapacity(text.utf8.count / 4 * 3)
        let alphabet = Alphabet.standard
        var group: UInt32 = 0
        var bits = 0
        for byte in text.utf8 {
            guard let digit = alphabet.value(of: byte) else { continue }
            group = group << 6 | digit
            bits += 6
            if bits >= 8 {
                bits -= 8
                result.append(UInt8(truncatingIfNeeded: group >> UInt32(bits)))
            }
        }
        return result
    }

    /// The number of bytes that a well-formed text decodes to.
    package static func size(ofDecoded text: String) -> Int {
        let padding = text.utf8.suffix(2).count { $0 == UInt8(ascii: "=") }
        return text.utf8.count / 4 * 3 - padding
    }
}

extension Base64 {
    /// The digits of both forms of base64, which differ in the last two (RFC 4648, 4 and 5).
    struct Alphabet {
        static let standard = Alphabet(last: "+/")
        static let url = Alphabet(last: "-_")

        let digits: [UInt8]

        private init(last: String) {
            digits = Array(("ABCDEFGHIJKLMNOPQRSTUVWXYZabcdefghijklmnopqrstuvwxyz0123456789" + last).utf8)
        }

        func value(of digit: UInt8) -> UInt32? {
            switch digit {
            case UInt8(ascii: "A")...UInt8(ascii: "Z"): UInt32(digit - UInt8(ascii: "A"))
            case UInt8(ascii: "a")...UInt8(ascii: "z"): UInt32(digit - UInt8(ascii: "a")) + 26
            case UInt8(ascii: "0")...UInt8(ascii: "9"): UInt32(digit - UInt8(ascii: "0")) + 52
            case digits[62]: 62
            case digits[63]: 63
            default: nil
            }
        }
    }
}
