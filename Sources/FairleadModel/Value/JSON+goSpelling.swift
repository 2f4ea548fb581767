extension JSON {
    /// Whether Go would write a member of an object just as it is written here: without white space, and with `<`, `>`,
    /// `&` and two line separators escaped in strings. Kubernetes keeps a `RawExtension` as it was sent, and compares
    /// its bytes; each encoding makes it compact.
    ///
    /// - Parameters:
    ///   - bytes: an object that has been parsed without an error.
    ///   - member: one of its own members. The last of this name counts; true if there is none.
    package static func isSpelledLikeGo(_ bytes: [UInt8], member: String) -> Bool {
        var spelling = GoSpelling(bytes: bytes)
        return spelling.isKept(member: Array("\"\(member)\"".utf8))
    }
}

/// Walks through the members of an object.
private struct GoSpelling {
    let bytes: [UInt8]
    private var position = 0

    init(bytes: [UInt8]) { self.bytes = bytes }

    mutating func isKept(member wanted: [UInt8]) -> Bool {
        var result = true
        skipSpace()
        position += 1
        while true {
            skipSpace()
            guard position < bytes.count, bytes[position] == UInt8(ascii: "\"") else { return result }
            let key = skip().range
            skipSpace()
            position += 1
            skipSpace()
            let (_, isKept) = skip()
            if bytes[key].elementsEqual(wanted) { result = isKept }
            skipSpace()
            guard position < bytes.count, bytes[position] == UInt8(ascii: ",") else { return result }
            position += 1
        }
    }

    /// Skips a value.
    private mutating func skip() -> (range: Range<Int>, isKept: Bool) {
        let start = position
        var isKept = true
        var depth = 0
        while position < bytes.count {
            switch bytes[position] {
            case UInt8(ascii: "\""):
                if !skipString() { isKept = false }
                if depth == 0 { return (start..<position, isKept) }
            case UInt8(ascii: "{"), UInt8(ascii: "["):
                depth += 1
                position += 1
            case UInt8(ascii: "}"), UInt8(ascii: "]"):
                // The end of the surrounding object, after a number or a literal.
                if depth == 0 { return (start..<position, isKept) }
                depth -= 1
                position += 1
                if depth == 0 { return (start..<position, isKept) }
            case UInt8(ascii: ",") where depth == 0: return (start..<position, isKept)
            case 0x20, 0x0A, 0x0D, 0x09:
                if depth == 0 { return (start..<position, isKept) }
                isKept = false
                position += 1
            default: position += 1
            }
        }
        return (start..<position, isKept)
    }

    /// - Returns: whether Go would leave the string as it is.
    private mutating func skipString() -> Bool {
        var isKept = true
        position += 1
        while position < bytes.count {
            switch bytes[position] {
            case UInt8(ascii: "\""):
                position += 1
                return isKept
            case UInt8(ascii: "\\"): position += 2
            case UInt8(ascii: "<"), UInt8(ascii: ">"), UInt8(ascii: "&"):
                isKept = false
                position += 1
            case 0xE2
            where bytes[position...].starts(with: [0xE2, 0x80, 0xA8])
                || bytes[position...].starts(with: [0xE2, 0x80, 0xA9]):
                isKept = false
                position += 3
            default: position += 1
            }
        }
        return isKept
    }

    private mutating func skipSpace() {
        while position < bytes.count, [0x20, 0x0A, 0x0D, 0x09].contains(bytes[position]) { position += 1 }
    }
}
