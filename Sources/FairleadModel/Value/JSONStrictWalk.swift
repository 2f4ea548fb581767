/// What is known about a place in a document.
package enum JSONMember<Node> {
    case unknown
    /// A member with what is known about its value; nil where that is not looked into.
    case known(Node?)
}

/// Goes through a document that has been parsed, once more and in the order in which it was written, for what a strict
/// decoder complains about: members that it does not know, and those that stand twice in one object.
///
/// Reference: sigs.k8s.io/json, whose strict errors come in that order, each once.
struct JSONStrictWalk<Node> {
    private var parser: JSONParser
    private let member: (Node, String) -> JSONMember<Node>
    private let element: (Node) -> Node?
    private var path = DocumentPath()
    private var found = StrictComplaints()

    init(
        _ parser: JSONParser, member: @escaping (Node, String) -> JSONMember<Node>,
        element: @escaping (Node) -> Node?
    ) {
        self.parser = parser
        self.member = member
        self.element = element
    }

    mutating func complaints(_ root: Node) -> [String] {
        // The document has been parsed before, so there is nothing that could be wrong with it.
        try? value(root)
        return found.texts
    }

    private mutating func value(_ node: Node?) throws(JSON.ParseError) {
        parser.skipSpace()
        switch parser.current {
        case UInt8(ascii: "{"): try object(node)
        case UInt8(ascii: "["): try array(node)
        case UInt8(ascii: "\""): parser.skipString()
        default: parser.skipScalar()
        }
    }

    private mutating func array(_ node: Node?) throws(JSON.ParseError) {
        let inner = node.flatMap(element)
        parser.position += 1
        var index = 0
        while try !parser.passes(end: UInt8(ascii: "]")) {
            path.append(.index(index))
            try value(inner)
            path.removeLast()
            if found.isFull { return }
            index += 1
        }
    }

    private mutating func object(_ node: Node?) throws(JSON.ParseError) {
        parser.position += 1
        var keys: Set<ByteText> = []
        // A path may be long, and one key may occur very often.
        var complained: Set<ByteText> = []
        while try !parser.passes(end: UInt8(ascii: "}")) {
            parser.position += 1
            let key = try parser.string()
            path.append(.name(key))
            var inner: Node?
            if let node {
                switch member(node, key) {
                case .unknown:
                    if complained.insert(ByteText(key)).inserted { found.add("unknown field \"\(path.description)\"") }
                case .known(let known):
                    inner = known
                    if !keys.insert(ByteText(key)).inserted, complained.insert(ByteText(key)).inserted {
                        found.add("duplicate field \"\(path.description)\"")
                    }
                }
            }
            parser.skipSpace()
            parser.position += 1  // the colon
            try value(inner)
            path.removeLast()
            if found.isFull { return }
        }
    }
}
