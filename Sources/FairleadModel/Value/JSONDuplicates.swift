/// Walks through a parsed document to find the paths of members that occur twice in one object.
struct JSONDuplicates {
    private var parser: JSONParser
    private var path = DocumentPath()
    private var found = StrictComplaints()

    /// - Parameter parser: must already have parsed the document.
    init(_ parser: JSONParser) {
        self.parser = parser
        self.parser.position = 0
    }

    /// The paths in order of occurrence, each once, and a limited number of them.
    mutating func paths() -> [String] {
        // The document has already been parsed, so there can be no error.
        try? value()
        return found.texts
    }

    private mutating func value() throws(JSON.ParseError) {
        parser.skipSpace()
        switch parser.current {
        case UInt8(ascii: "{"): try object()
        case UInt8(ascii: "["): try array()
        case UInt8(ascii: "\""): parser.skipString()
        default: parser.skipScalar()
        }
    }

    private mutating func array() throws(JSON.ParseError) {
        parser.position += 1
        var index = 0
        while try !parser.passes(end: UInt8(ascii: "]")) {
            path.append(.index(index))
            try value()
            path.removeLast()
            if found.isFull { return }
            index += 1
        }
    }

    private mutating func object() throws(JSON.ParseError) {
        parser.position += 1
        var keys: Set<ByteText> = []
        var repeated: Set<ByteText> = []
        while try !parser.passes(end: UInt8(ascii: "}")) {
            parser.position += 1
            let key = try parser.string()
            path.append(.name(key))
            // A path may be long, and one key may occur very often.
            if !keys.insert(ByteText(key)).inserted, repeated.insert(ByteText(key)).inserted {
                found.add(path.description)
            }
            parser.skipSpace()
            parser.position += 1  // the colon
            try value()
            path.removeLast()
            if found.isFull { return }
        }
    }
}

extension JSONParser {
    var current: UInt8? { position < count ? base[position] : nil }

    /// Goes to the next element or member.
    /// - Returns: whether the end has been passed instead.
    mutating func passes(end: UInt8) throws(JSON.ParseError) -> Bool {
        skipSpace()
        if current == UInt8(ascii: ",") {
            position += 1
            skipSpace()
        }
        guard let current else { throw endOfInput() }
        guard current == end else { return false }
        position += 1
        return true
    }

    mutating func skipString() {
        position += 1
        while let byte = current, byte != UInt8(ascii: "\"") { position += byte == UInt8(ascii: "\\") ? 2 : 1 }
        position += 1
    }

    /// A number, or one of the three words.
    mutating func skipScalar() {
        while let byte = current, byte != UInt8(ascii: ","), byte != UInt8(ascii: "]"), byte != UInt8(ascii: "}") {
            position += 1
        }
    }
}
