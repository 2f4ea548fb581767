extension JSON {
    /// Parses one document: strict UTF-8, nothing but white space after it, nested at most `maximumDepth` levels deep.
    package static func parse(
        _ bytes: [UInt8], maximumDepth: Int = JSON.maximumDepth
    ) throws(ParseError) -> Parsed {
        try parse(bytes[...], maximumDepth: maximumDepth)
    }

    /// - Parameter ignoring: members of this name are left out where they are strings.
    package static func parse(
        _ bytes: ArraySlice<UInt8>, maximumDepth: Int = JSON.maximumDepth, ignoring: String? = nil
    ) throws(ParseError) -> Parsed {
        // `withUnsafeBufferPointer` does not carry typed errors on every platform, hence the Result.
        let result = bytes.withUnsafeBufferPointer { buffer -> Result<Parsed, ParseError> in
            guard let base = buffer.baseAddress else {
                return .failure(ParseError(message: "unexpected end of JSON input", offset: 0))
            }
            var parser = JSONParser(base: base, count: buffer.count, maximumDepth: maximumDepth, ignoring: ignoring)
            do throws(ParseError) {
                return .success(try parser.document())
            } catch {
                return .failure(error)
            }
        }
        return try result.get()
    }

    /// Complaints of a strict decoder in the order of the document: `unknown field "a"`, `duplicate field "b"`.
    ///
    /// - Parameters:
    ///   - bytes: a document that has been parsed without an error.
    ///   - member: what a member of an object is; objects in places that nothing is known about are not looked into.
    ///   - element: what the elements of a list are.
    package static func strictComplaints<Node>(
        about bytes: [UInt8], _ root: Node, member: @escaping (Node, String) -> JSONMember<Node>,
        element: @escaping (Node) -> Node?
    ) -> [String] {
        bytes.withUnsafeBufferPointer { buffer in
            guard let base = buffer.baseAddress else { return [] }
            let parser = JSONParser(base: base, count: buffer.count, maximumDepth: maximumDepth)
            var walk = JSONStrictWalk(parser, member: member, element: element)
            return walk.complaints(root)
        }
    }

    /// Whether Go would write a member of an object just as it is written here: without white space, and with `<`, `>`,
    /// `&` and two line separators escaped in strings. Kubernetes keeps a `RawExtension` as it was sent, and compares
    /// its bytes; each encoding makes it compact.
    ///
    /// - Parameters:
    ///   - bytes: an object that has been parsed without an error.
    ///   - member: one of its own members. The last of this name counts; true if there is none.
    package static func isSpelledLikeGo(_ bytes: [UInt8], member: String) -> Bool {
        bytes.withUnsafeBufferPointer { buffer in
            guard let base = buffer.baseAddress else { return true }
            var parser = JSONParser(base: base, count: buffer.count, maximumDepth: maximumDepth)
            // The document has been parsed before, so there is nothing that could be wrong with it.
            return (try? parser.isSpelledLikeGo(member: member)) ?? true
        }
    }
}

/// A recursive-descent parser over bytes that must not move while it runs.
///
/// Its messages are those of Go's encoding/json scanner, because Kubernetes' clients see them.
struct JSONParser {
    let base: UnsafePointer<UInt8>
    let count: Int
    private let maximumDepth: Int
    private let ignored: String?
    var position = 0
    /// Whether any object has two members with the same name. A second pass finds out which ones; hardly any document
    /// needs it.
    private var hasDuplicates = false

    init(base: UnsafePointer<UInt8>, count: Int, maximumDepth: Int, ignoring: String? = nil) {
        self.base = base
        self.count = count
        self.maximumDepth = maximumDepth
        ignored = ignoring
    }

    mutating func document() throws(JSON.ParseError) -> JSON.Parsed {
        let value = try value(depth: 0)
        skipSpace()
        if position < count { throw unexpected("after top-level value") }
        guard hasDuplicates else { return JSON.Parsed(value: value, duplicateFields: []) }
        var duplicates = JSONDuplicates(self)
        return JSON.Parsed(value: value, duplicateFields: duplicates.paths())
    }

    // MARK: Values

    private mutating func value(depth: Int) throws(JSON.ParseError) -> Value {
        skipSpace()
        guard position < count else { throw endOfInput() }
        let byte = base[position]
        switch byte {
        case UInt8(ascii: "\""):
            position += 1
            return .string(try string())
        case UInt8(ascii: "{"): return try object(depth: depth + 1)
        case UInt8(ascii: "["): return try array(depth: depth + 1)
        case UInt8(ascii: "t"):
            try literal("true")
            return .bool(true)
        case UInt8(ascii: "f"):
            try literal("false")
            return .bool(false)
        case UInt8(ascii: "n"):
            try literal("null")
            return .null
        case UInt8(ascii: "-"), UInt8(ascii: "0")...UInt8(ascii: "9"): return try number()
        default: throw unexpected("looking for beginning of value")
        }
    }

    private mutating func literal(_ word: StaticString) throws(JSON.ParseError) {
        for index in 0..<word.utf8CodeUnitCount {
            guard position < count else { throw endOfInput() }
            let expected = word.utf8Start[index]
            guard base[position] == expected else {
                throw unexpected("in literal \(word) (expecting '\(Character(Unicode.Scalar(expected)))')")
            }
            position += 1
        }
    }

    private mutating func array(depth: Int) throws(JSON.ParseError) -> Value {
        guard depth <= maximumDepth else { throw tooDeep() }
        position += 1
        skipSpace()
        guard position < count else { throw endOfInput() }
        if base[position] == UInt8(ascii: "]") {
            position += 1
            return .array([])
        }
        var elements: [Value] = []
        while true {
            elements.append(try value(depth: depth))
            skipSpace()
            guard position < count else { throw endOfInput() }
            let byte = base[position]
            if byte == UInt8(ascii: ",") {
                position += 1
            } else if byte == UInt8(ascii: "]") {
                position += 1
                return .array(elements)
            } else {
                throw unexpected("after array element")
            }
        }
    }

    private mutating func object(depth: Int) throws(JSON.ParseError) -> Value {
        guard depth <= maximumDepth else { throw tooDeep() }
        position += 1
        skipSpace()
        guard position < count else { throw endOfInput() }
        if base[position] == UInt8(ascii: "}") {
            position += 1
            return .object(Object())
        }
        var members: [Object.Member] = []
        members.reserveCapacity(4)
        var isSorted = true
        while true {
            skipSpace()
            guard position < count else { throw endOfInput() }
            guard base[position] == UInt8(ascii: "\"") else {
                throw unexpected("looking for beginning of object key string")
            }
            position += 1
            let key = try string()
            skipSpace()
            guard position < count else { throw endOfInput() }
            guard base[position] == UInt8(ascii: ":") else { throw unexpected("after object key") }
            position += 1
            let isSkipped = ignored == nil ? false : try skipsText(of: key)
            if !isSkipped {
                let value = try value(depth: depth)
                if isSorted, let last = members.last, !last.key.isBefore(key) { isSorted = false }
                members.append(Object.Member(key: key, value: value))
            }
            skipSpace()
            guard position < count else { throw endOfInput() }
            let byte = base[position]
            if byte == UInt8(ascii: ",") {
                position += 1
            } else if byte == UInt8(ascii: "}") {
                position += 1
                break
            } else {
                throw unexpected("after object key:value pair")
            }
        }
        if !isSorted, Object.sort(&members) { hasDuplicates = true }
        return .object(Object(sortedUnique: members))
    }

    /// Skips the value of a member, if it is an ignored string.
    private mutating func skipsText(of key: String) throws(JSON.ParseError) -> Bool {
        skipSpace()
        guard key == ignored, position < count, base[position] == UInt8(ascii: "\"") else { return false }
        skipString()
        guard position <= count else { throw endOfInput() }
        return true
    }

    // MARK: Errors and space

    @inline(__always)
    mutating func skipSpace() {
        while position < count {
            switch base[position] {
            case 0x20, 0x0A, 0x0D, 0x09: position += 1
            default: return
            }
        }
    }

    func endOfInput() -> JSON.ParseError { JSON.ParseError(message: "unexpected end of JSON input", offset: count) }
    private func tooDeep() -> JSON.ParseError { JSON.ParseError(message: JSON.tooDeep, offset: position) }

    func unexpected(_ context: String) -> JSON.ParseError {
        JSON.ParseError(message: "invalid character \(Self.quoted(base[position])) \(context)", offset: position)
    }

    /// A byte as Go prints it: as the code point with that number, even if it is part of a longer sequence.
    private static func quoted(_ byte: UInt8) -> String {
        switch byte {
        case UInt8(ascii: "'"): "'\\''"
        case UInt8(ascii: "\""): "'\"'"
        default: "'" + String(Character(Unicode.Scalar(byte))).goQuoted.dropFirst().dropLast() + "'"
        }
    }
}
