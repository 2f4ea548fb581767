/// Builds the tree of a document from its events.
struct YAMLComposer {
    private let events: [(event: YAMLEvents.Event, line: Int)]
    private var position = 0
    private var anchors: [String: Value] = [:]
    /// How much aliases have added to the tree so far; bounded, so that a few lines cannot expand to gigabytes.
    private var expanded = 0
    private static let maximumExpansion = 1_000_000

    private var path = DocumentPath()
    private var repeatedPaths = StrictComplaints()
    var duplicatePaths: [String] { repeatedPaths.texts }
    private var duplicates: [(line: Int, key: String)] = []
    /// A message for every repeated occurrence of a key, with the line of its value.
    var duplicateLines: [String] {
        duplicates.enumerated().sorted { ($0.element.line, $0.offset) < ($1.element.line, $1.offset) }.map {
            "line \($0.element.line): key \($0.element.key.goQuoted) already set in map"
        }
    }

    init(events: YAMLEvents) { self.events = events.events }

    mutating func document() throws(YAML.ParseError) -> Value {
        events.isEmpty ? .null : try node(depth: 0)
    }

    private mutating func node(depth: Int) throws(YAML.ParseError) -> Value {
        guard depth <= JSON.maximumDepth else { throw YAML.ParseError(message: "yaml: " + JSON.tooDeep) }
        guard position < events.count else { throw YAML.ParseError(message: "yaml: unexpected end of stream") }
        let (event, line) = events[position]
        position += 1
        switch event {
        case .scalar(let text, let isPlain, let tag, let anchor):
            let value = Self.scalar(text, isPlain: isPlain, tag: tag)
            if let anchor { anchors[anchor] = value }
            return value
        case .sequenceStart(let anchor):
            var elements: [Value] = []
            while true {
                if position < events.count, case .sequenceEnd = events[position].event { break }
                path.append(.index(elements.count))
                elements.append(try node(depth: depth + 1))
                path.removeLast()
            }
            position += 1
            if let anchor { anchors[anchor] = .array(elements) }
            return .array(elements)
        case .mappingStart(let anchor):
            let object = try mapping(depth: depth)
            if let anchor { anchors[anchor] = object }
            return object
        case .alias(let name):
            guard let value = anchors[name] else {
                throw YAML.ParseError(message: "yaml: unknown anchor '\(name)' referenced")
            }
            let extent = Self.extent(of: value)
            guard depth + extent.depth <= JSON.maximumDepth else {
                throw YAML.ParseError(message: "yaml: " + JSON.tooDeep)
            }
            expanded += extent.weight
            guard expanded <= Self.maximumExpansion else {
                throw YAML.ParseError(message: "yaml: document contains excessive aliasing")
            }
            return value
        case .sequenceEnd, .mappingEnd:
            throw YAML.ParseError(message: "yaml: line \(line): did not find expected node content")
        }
    }

    private mutating func mapping(depth: Int) throws(YAML.ParseError) -> Value {
        var members: [Object.Member] = []
        var lines: [Int] = []
        var merged: [Value] = []
        while true {
            guard position < events.count else { throw YAML.ParseError(message: "yaml: unexpected end of stream") }
            if case .mappingEnd = events[position].event { break }
            let isMerge: Bool
            if case .scalar("<<", true, _, _) = events[position].event { isMerge = true } else { isMerge = false }
            let line = events[position].line
            let key = Self.keyText(try node(depth: depth + 1))
            guard let key else {
                throw YAML.ParseError(message: "yaml: line \(line): unsupported map key")
            }
            let valueLine = position < events.count ? events[position].line : line
            path.append(.name(key))
            let value = try node(depth: depth + 1)
            path.removeLast()
            if isMerge {
                merged += value.array ?? [value]
                continue
            }
            members.append(Object.Member(key: key, value: value))
            lines.append(valueLine)
        }
        position += 1
        let written = members
        if Object.sort(&members) {
            var seen: Set<ByteText> = []
            var repeated: Set<ByteText> = []
            for (member, line) in zip(written, lines) where !seen.insert(ByteText(member.key)).inserted {
                duplicates.append((line, member.key))
                guard repeated.insert(ByteText(member.key)).inserted else { continue }
                path.append(.name(member.key))
                repeatedPaths.add(path.description)
                path.removeLast()
            }
        }
        if merged.isEmpty { return .object(Object(sortedUnique: members)) }
        return .object(try Self.object(members, merging: merged))
    }

    /// Explicit members win over merged ones, and earlier merges over later ones.
    private static func object(
        _ members: [Object.Member], merging sources: [Value]
    ) throws(YAML.ParseError) -> Object {
        var all: [Object.Member] = []
        for source in sources.reversed() {
            guard case .object(let object) = source else {
                throw YAML.ParseError(message: "yaml: map merge requires map or sequence of maps as the value")
            }
            all += object.members
        }
        all += members
        _ = Object.sort(&all)  // of members with one key the last stays
        return Object(sortedUnique: all)
    }

    private static func scalar(_ text: String, isPlain: Bool, tag: String?) -> Value {
        switch tag {
        case nil: isPlain ? YAMLScalar.resolve(text) : .string(text)
        case "tag:yaml.org,2002:int", "tag:yaml.org,2002:float", "tag:yaml.org,2002:bool", "tag:yaml.org,2002:null":
            YAMLScalar.resolve(text)
        default: .string(text)
        }
    }

    /// JSON only has string keys; numbers and booleans become their text.
    private static func keyText(_ value: Value) -> String? {
        switch value {
        case .string(let text): text
        case .int(let number): String(number)
        case .double(let number): number.goJSON
        case .bool(let flag): flag ? "true" : "false"
        case .null: "null"
        case .array, .object: nil
        }
    }

    /// How deeply a value is nested, and its weight: the number of values, plus the length of texts in units of about
    /// the written size of a value.
    private static func extent(of value: Value) -> (depth: Int, weight: Int) {
        var depth = 0
        var weight = 1
        func take(_ value: Value) {
            let inner = extent(of: value)
            depth = max(depth, inner.depth)
            weight += inner.weight
        }
        switch value {
        case .array(let elements): elements.forEach(take)
        case .object(let object):
            for member in object.members {
                weight += member.key.utf8.count / 8
                take(member.value)
            }
        case .string(let text): return (0, 1 + text.utf8.count / 8)
        default: return (0, 1)
        }
        return (depth + 1, weight)
    }
}
