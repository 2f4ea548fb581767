/// The type that a `Content-Type` header names, parsed like Go's `mime.ParseMediaType`: in lower case, and only if its
/// parameters are well-formed.
package enum MediaType {
    /// Empty if no type is given, nil if the header cannot be parsed.
    package static func of(_ header: String?) -> String? {
        guard let header, !header.isEmpty else { return "" }
        if isPlain(header) { return header }
        var rest = Substring(header)
        let type = rest.prefix { $0 != ";" }
        rest = rest.dropFirst(type.count)
        let name = type.trimmingSpaces.lowercased()
        let parts = name.split(separator: "/", omittingEmptySubsequences: false)
        guard (1...2).contains(parts.count), parts.allSatisfy({ isToken($0) }) else { return nil }
        var seen: Set<String> = []
        while true {
            rest = skippingSpaces(rest)
            guard rest.first == ";" else { return rest.isEmpty ? name : nil }
            rest = skippingSpaces(rest.dropFirst())
            // A trailing semicolon is not a parameter.
            if rest.isEmpty { return name }
            let key = rest.prefix(while: isTokenCharacter)
            rest = skippingSpaces(rest.dropFirst(key.count))
            guard !key.isEmpty, rest.first == "=", seen.insert(key.lowercased()).inserted else { return nil }
            rest = skippingSpaces(rest.dropFirst())
            guard let value = parameterValue(rest) else { return nil }
            rest = rest.dropFirst(value)
        }
    }

    /// Whether it is a lower-case type without parameters, as in nearly every request.
    private static func isPlain(_ header: String) -> Bool {
        var slashes = 0
        for byte in header.utf8 {
            switch byte {
            case UInt8(ascii: "a")...UInt8(ascii: "z"), UInt8(ascii: "."), UInt8(ascii: "+"), UInt8(ascii: "-"): break
            case UInt8(ascii: "/"): slashes += 1
            default: return false
            }
        }
        return slashes == 1 && header.utf8.first != UInt8(ascii: "/") && header.utf8.last != UInt8(ascii: "/")
    }

    /// The length of a token or quoted string.
    private static func parameterValue(_ text: Substring) -> Int? {
        guard text.first == "\"" else {
            let length = text.prefix(while: isTokenCharacter).count
            return length == 0 ? nil : length
        }
        var length = 1
        var isEscaped = false
        for character in text.dropFirst() {
            length += 1
            if isEscaped {
                isEscaped = false
            } else if character == "\\" {
                isEscaped = true
            } else if character == "\"" {
                return length
            }
        }
        return nil
    }

    private static func skippingSpaces(_ text: Substring) -> Substring { text.drop { $0 == " " || $0 == "\t" } }

    private static func isToken(_ text: some StringProtocol) -> Bool {
        !text.isEmpty && text.allSatisfy(isTokenCharacter)
    }

    /// RFC 9110, 5.6.2.
    private static func isTokenCharacter(_ character: Character) -> Bool {
        guard let byte = character.asciiValue, byte > 0x20, byte < 0x7F else { return false }
        return !"()<>@,;:\\\"/[]?=".utf8.contains(byte)
    }
}
