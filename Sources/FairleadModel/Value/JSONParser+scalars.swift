extension JSONParser {
    /// Parses a string after its opening quote.
    mutating func string() throws(JSON.ParseError) -> String {
        let start = position
        let (length, isASCII) = JSONText.plainPrefix(
            UnsafeBufferPointer(start: base + start, count: count - start))
        position += length
        guard position < count else { throw endOfInput() }
        switch base[position] {
        case UInt8(ascii: "\""):
            let bytes = UnsafeBufferPointer(start: base + start, count: length)
            position += 1
            // ASCII needs no validation, and `String(validating:)` is slow for any length.
            if isASCII { return String(decoding: bytes, as: UTF8.self) }
            guard let text = String(validating: bytes, as: UTF8.self) else { throw invalidUTF8(start) }
            return text
        case UInt8(ascii: "\\"): return try escapedString(from: start)
        default: throw unexpected("in string literal")
        }
    }

    /// Continues a string after its first escape was found.
    private mutating func escapedString(from start: Int) throws(JSON.ParseError) -> String {
        var buffer = Array(UnsafeBufferPointer(start: base + start, count: position - start))
        while position < count {
            let byte = base[position]
            switch byte {
            case UInt8(ascii: "\""):
                guard let text = String(validating: buffer, as: UTF8.self) else { throw invalidUTF8(start) }
                position += 1
                return text
            case UInt8(ascii: "\\"):
                position += 1
                try escape(into: &buffer)
            case 0..<0x20: throw unexpected("in string literal")
            default:
                buffer.append(byte)
                position += 1
            }
        }
        throw endOfInput()
    }

    private mutating func escape(into buffer: inout [UInt8]) throws(JSON.ParseError) {
        guard position < count else { throw endOfInput() }
        let byte = base[position]
        switch byte {
        case UInt8(ascii: "\""), UInt8(ascii: "\\"), UInt8(ascii: "/"): buffer.append(byte)
        case UInt8(ascii: "b"): buffer.append(0x08)
        case UInt8(ascii: "f"): buffer.append(0x0C)
        case UInt8(ascii: "n"): buffer.append(0x0A)
        case UInt8(ascii: "r"): buffer.append(0x0D)
        case UInt8(ascii: "t"): buffer.append(0x09)
        case UInt8(ascii: "u"):
            position += 1
            buffer.append(contentsOf: String(Character(try unicodeEscape())).utf8)
            return
        default: throw unexpected("in string escape code")
        }
        position += 1
    }

    /// The scalar of `\uXXXX` (after the `\u`); combines a surrogate pair. A lone surrogate becomes U+FFFD.
    private mutating func unicodeEscape() throws(JSON.ParseError) -> Unicode.Scalar {
        let first = try hexadecimal()
        if let scalar = Unicode.Scalar(first) { return scalar }
        let replacement: Unicode.Scalar = "\u{FFFD}"
        guard first < 0xDC00, position + 1 < count, base[position] == UInt8(ascii: "\\"),
            base[position + 1] == UInt8(ascii: "u")
        else { return replacement }
        let mark = position
        position += 2
        let second = try hexadecimal()
        if (0xDC00...0xDFFF).contains(second),
            let scalar = Unicode.Scalar(0x10000 + (first - 0xD800) << 10 + (second - 0xDC00))
        {
            return scalar
        }
        position = mark  // the second escape stands for itself
        return replacement
    }

    private mutating func hexadecimal() throws(JSON.ParseError) -> UInt32 {
        var result: UInt32 = 0
        for _ in 0..<4 {
            guard position < count else { throw endOfInput() }
            let digit: UInt8
            switch base[position] {
            case UInt8(ascii: "0")...UInt8(ascii: "9"): digit = base[position] - UInt8(ascii: "0")
            case UInt8(ascii: "a")...UInt8(ascii: "f"): digit = base[position] - UInt8(ascii: "a") + 10
            case UInt8(ascii: "A")...UInt8(ascii: "F"): digit = base[position] - UInt8(ascii: "A") + 10
            default: throw unexpected("in \\u hexadecimal character escape")
            }
            result = result << 4 | UInt32(digit)
            position += 1
        }
        return result
    }

    private func invalidUTF8(_ offset: Int) -> JSON.ParseError {
        JSON.ParseError(message: "invalid UTF-8 in string literal", offset: offset)
    }

    /// An integer literal that fits 64 bits is an `.int`; every other number is a `.double`.
    mutating func number() throws(JSON.ParseError) -> Value {
        let start = position
        var magnitude: UInt64 = 0
        var fits = true
        let isNegative = base[position] == UInt8(ascii: "-")
        if isNegative { position += 1 }
        guard position < count else { throw endOfInput() }
        switch base[position] {
        case UInt8(ascii: "0"): position += 1
        case UInt8(ascii: "1")...UInt8(ascii: "9"):
            while position < count, case let digit = base[position] &- UInt8(ascii: "0"), digit < 10 {
                let (product, tooLarge) = magnitude.multipliedReportingOverflow(by: 10)
                let (sum, carried) = product.addingReportingOverflow(UInt64(digit))
                if tooLarge || carried { fits = false }
                magnitude = sum
                position += 1
            }
        default: throw unexpected("in numeric literal")
        }
        var isInteger = true
        if position < count, base[position] == UInt8(ascii: ".") {
            isInteger = false
            position += 1
            try digits("after decimal point in numeric literal")
        }
        if position < count, base[position] == UInt8(ascii: "e") || base[position] == UInt8(ascii: "E") {
            isInteger = false
            position += 1
            if position < count, base[position] == UInt8(ascii: "+") || base[position] == UInt8(ascii: "-") {
                position += 1
            }
            try digits("in exponent of numeric literal")
        }
        if isInteger, fits {
            if !isNegative, let value = Int64(exactly: magnitude) { return .int(value) }
            if isNegative, magnitude <= UInt64(Int64.max) + 1 { return .int(Int64(truncatingIfNeeded: 0 &- magnitude)) }
        }
        let text = String(decoding: UnsafeBufferPointer(start: base + start, count: position - start), as: UTF8.self)
        guard let value = Double(text), value.isFinite else {
            throw JSON.ParseError(
                message: "json: cannot unmarshal number \(text) into Go value of type float64", offset: start)
        }
        return .double(value)
    }

    private mutating func digits(_ context: String) throws(JSON.ParseError) {
        let start = position
        while position < count, base[position] &- UInt8(ascii: "0") < 10 { position += 1 }
        if position > start { return }
        throw position < count ? unexpected(context) : endOfInput()
    }
}

/// The bytes of strings.
enum JSONText {
    /// How many bytes at the beginning stand for themselves within quotes, and whether all of them are ASCII.
    ///
    /// Looks at eight at a time: texts are most of what is parsed and written.
    static func plainPrefix(_ bytes: UnsafeBufferPointer<UInt8>) -> (length: Int, isASCII: Bool) {
        guard let base = bytes.baseAddress else { return (0, true) }
        let ones: UInt64 = 0x0101_0101_0101_0101
        let highBits = ones << 7
        var all: UInt64 = 0
        var place = 0
        while bytes.count - place >= 8 {
            let word = UnsafeRawPointer(base + place).loadUnaligned(as: UInt64.self)
            let (quotes, slashes) = (word ^ ones &* 0x22, word ^ ones &* 0x5C)
            // The high bit of each byte that is zero, and of each that is below 0x20: at least of the first.
            let zeros = (quotes &- ones) & ~quotes | (slashes &- ones) & ~slashes
            let controls = (word &- ones &* 0x20) & ~word
            if (zeros | controls) & highBits != 0 { break }
            all |= word
            place += 8
        }
        while place < bytes.count {
            let byte = base[place]
            guard byte >= 0x20, byte != UInt8(ascii: "\""), byte != UInt8(ascii: "\\") else { break }
            all |= UInt64(byte)
            place += 1
        }
        return (place, all & highBits == 0)
    }
}
