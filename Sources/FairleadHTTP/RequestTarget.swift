import FairleadModel

/// The target of a request line (RFC 9112, 3.2), in origin form or absolute form.
struct RequestTarget {
    /// The authority of a target in absolute form; it takes precedence over the Host header.
    private(set) var authority: String?
    /// Without the query, still percent-encoded.
    private(set) var path: String
    private(set) var isValid: Bool
    private var rawQuery: Substring?

    init(_ uri: String) {
        // Nearly every target is a path, and nothing but a path.
        if uri.utf8.first == UInt8(ascii: "/"), !uri.hasByte(UInt8(ascii: "?")) {
            path = uri
            isValid = RequestTarget.isProperlyEncoded(uri)
            return
        }
        var rest: Substring = uri[...]
        if !uri.utf8.starts(with: "/".utf8), let scheme = uri.firstRange(of: "://") {
            rest = uri[scheme.upperBound...]
            let end = rest.firstIndex { $0 == "/" || $0 == "?" } ?? rest.endIndex
            authority = String(rest[..<end])
            rest = rest[end...]
        }
        if let mark = rest.utf8.firstIndex(of: UInt8(ascii: "?")) {
            rawQuery = rest[rest.utf8.index(after: mark)...]
            rest = rest[..<mark]
        }
        path = rest.isEmpty ? "/" : String(rest)
        isValid = RequestTarget.isProperlyEncoded(path) && (path.utf8.first == UInt8(ascii: "/") || path == "*")
    }

    /// The name-value pairs of the query, decoded, in order. As in Go, a pair that cannot be decoded is left out.
    func query() -> [(name: String, value: String)] {
        guard let rawQuery else { return [] }
        var result: [(name: String, value: String)] = []
        for pair in rawQuery.utf8.split(separator: UInt8(ascii: "&")) {
            guard !pair.contains(UInt8(ascii: ";")) else { continue }
            let equals = pair.firstIndex(of: UInt8(ascii: "="))
            guard let name = RequestTarget.decoded(pair[..<(equals ?? pair.endIndex)]) else { continue }
            guard let equals else {
                result.append((name: name, value: ""))
                continue
            }
            guard let value = RequestTarget.decoded(pair[pair.index(after: equals)...]) else { continue }
            result.append((name: name, value: value))
        }
        return result
    }

    private static func decoded(_ text: Substring.UTF8View) -> String? {
        guard text.contains(where: { $0 == UInt8(ascii: "%") || $0 == UInt8(ascii: "+") }) else {
            return String(Substring(text))
        }
        var bytes: [UInt8] = []
        bytes.reserveCapacity(text.count)
        var iterator = text.makeIterator()
        while let byte = iterator.next() {
            switch byte {
            case UInt8(ascii: "+"): bytes.append(UInt8(ascii: " "))
            case UInt8(ascii: "%"):
                guard let high = iterator.next().flatMap(hexValue), let low = iterator.next().flatMap(hexValue)
                else { return nil }
                bytes.append(high << 4 | low)
            default: bytes.append(byte)
            }
        }
        return String(decoding: bytes, as: UTF8.self)
    }

    private static func isProperlyEncoded(_ path: String) -> Bool {
        guard path.hasByte(UInt8(ascii: "%")) else { return true }
        return decoded(path[...].utf8) != nil
    }

    private static func hexValue(_ byte: UInt8) -> UInt8? {
        switch byte {
        case UInt8(ascii: "0")...UInt8(ascii: "9"): byte - UInt8(ascii: "0")
        case UInt8(ascii: "a")...UInt8(ascii: "f"): byte - UInt8(ascii: "a") + 10
        case UInt8(ascii: "A")...UInt8(ascii: "F"): byte - UInt8(ascii: "A") + 10
        default: nil
        }
    }
}
