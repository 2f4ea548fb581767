extension JSONParser {
    /// `JSON.isSpelledLikeGo`
    mutating func isSpelledLikeGo(member: String) throws(JSON.ParseError) -> Bool {
        var result = true
        skipSpace()
        position += 1
        while try !passes(end: UInt8(ascii: "}")) {
            position += 1
            let key = try string()
            skipSpace()
            position += 1  // the colon
            let isKept = passesValueLikeGo()
            if key == member { result = isKept }
        }
        return result
    }

    /// Goes past a value.
    /// - Returns: whether Go would write it like this.
    private mutating func passesValueLikeGo() -> Bool {
        skipSpace()
        var isKept = true
        var depth = 0
        while let byte = current {
            switch byte {
            case UInt8(ascii: "\""):
                let start = position
                skipString()
                if !isKeptText(start..<position) { isKept = false }
            case UInt8(ascii: "{"), UInt8(ascii: "["):
                depth += 1
                position += 1
            case UInt8(ascii: "}"), UInt8(ascii: "]"):
                // The end of the surrounding object.
                if depth == 0 { return isKept }
                depth -= 1
                position += 1
            case UInt8(ascii: ",") where depth == 0: return isKept
            case 0x20, 0x0A, 0x0D, 0x09:
                // What is behind the value is not part of it.
                if depth > 0 { isKept = false }
                position += 1
            default: position += 1
            }
        }
        return isKept
    }

    private func isKeptText(_ range: Range<Int>) -> Bool {
        range.allSatisfy { index in
            switch base[index] {
            case UInt8(ascii: "<"), UInt8(ascii: ">"), UInt8(ascii: "&"): false
            // U+2028 and U+2029. Two more bytes and the closing quote follow.
            case 0xE2: base[index + 1] != 0x80 || base[index + 2] & 0xFE != 0xA8
            default: true
            }
        }
    }
}
