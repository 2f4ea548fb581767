package import FairleadModel

/// FieldsV1: the JSON form of a field set. A member with nothing below it is `{}`; one with something below it also has
/// a member `"."`.
extension FieldSet {
    package var fieldsV1: Value { fieldsV1(\.fieldsV1) }

    /// The same with another encoder for what is below the outermost elements.
    func fieldsV1(_ tree: (Entry) -> Value) -> Value { .object(Self.object(entries, isMember: false, tree)) }

    fileprivate static func object(_ entries: [Entry], isMember: Bool, _ tree: (Entry) -> Value) -> Object {
        var members: [Object.Member] = []
        members.reserveCapacity(entries.count + (isMember ? 1 : 0))
        if isMember { members.append(Object.Member(key: ".", value: .object(Object()))) }
        for entry in entries { members.append(Object.Member(key: entry.element.fieldsV1, value: tree(entry))) }
        // Names of fields are already in the order of their texts; keys and values may not be.
        let isSorted = members.indices.dropFirst().allSatisfy { members[$0 - 1].key < members[$0].key }
        return isSorted ? Object(sortedUnique: members) : Object(members.map { ($0.key, $0.value) })
    }

    /// Parses FieldsV1.
    /// - Returns: nil if the value is not FieldsV1.
    package init?(fieldsV1 value: Value) {
        guard case .object(let object) = value else { return nil }
        var entries: [Entry] = []
        entries.reserveCapacity(object.count)
        for member in object.members where member.key != "." {
            guard let element = PathElement(fieldsV1: member.key), case .object(let inner) = member.value,
                let children = FieldSet(fieldsV1: member.value)
            else { return nil }
            entries.append(
                Entry(element, isMember: inner.isEmpty || inner["."] != nil, children: children))
        }
        let isSorted = entries.indices.dropFirst().allSatisfy { entries[$0 - 1].element < entries[$0].element }
        if !isSorted { entries.sort { $0.element < $1.element } }
        self.init(sorted: entries)
    }
}

extension FieldSet.Entry {
    /// The value below this element in FieldsV1.
    var fieldsV1: Value { fieldsV1(\.fieldsV1) }

    /// The same with another encoder for what is below the outermost elements.
    func fieldsV1(_ tree: (FieldSet.Entry) -> Value) -> Value {
        if children.isEmpty { return .object(Object()) }
        return .object(FieldSet.object(children.entries, isMember: isMember, tree))
    }
}

extension PathElement {
    /// The element as a member name in FieldsV1.
    package var fieldsV1: String {
        switch self {
        case .field(let name): return "f:" + name
        case .key(let fields):
            return "k:" + Self.escaped(Value.object(Object(fields.map { ($0.name, $0.value) })).jsonText)
        case .value(let value): return "v:" + Self.escaped(value.jsonText)
        case .index(let index): return "i:\(index)"
        }
    }

    /// Go's encoder writes these three characters as escapes, so the names in objects written by Kubernetes contain
    /// them.
    private static func escaped(_ json: String) -> String {
        guard json.utf8.contains(where: { $0 == 0x26 || $0 == 0x3C || $0 == 0x3E }) else { return json }
        var result = ""
        for scalar in json.unicodeScalars {
            switch scalar {
            case "<": result += "\\u003c"
            case ">": result += "\\u003e"
            case "&": result += "\\u0026"
            default: result.unicodeScalars.append(scalar)
            }
        }
        return result
    }

    /// Parses a member name of FieldsV1; nil if the text is not one.
    package init?(fieldsV1 text: String) {
        let bytes = text.utf8
        guard bytes.count >= 2, bytes.dropFirst().first == UInt8(ascii: ":") else { return nil }
        let rest = bytes.dropFirst(2)
        switch bytes.first {
        case UInt8(ascii: "f"): self = .field(String(Substring(rest)))
        case UInt8(ascii: "i"):
            guard let index = Int(Substring(rest)) else { return nil }
            self = .index(index)
        case UInt8(ascii: "v"):
            guard let value = try? JSON.parse(Array(rest)).value else { return nil }
            self = .value(value)
        case UInt8(ascii: "k"):
            guard let value = try? JSON.parse(Array(rest)).value, case .object(let object) = value else { return nil }
            self = .key(object.members.map { KeyField(name: $0.key, value: $0.value) })
        default: return nil
        }
    }
}
