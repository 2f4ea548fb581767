package import FairleadModel

/// Shorthands for code that reads and changes the members of whole specs. An absent member reads as its zero value.
extension Value {
    package func number(_ key: String) -> Int64 { self[key]?.int ?? 0 }
    package func strings(_ key: String) -> [String] { items(key).compactMap(\.string) }
    /// The members of a map, ordered by key.
    package func entries(_ key: String) -> [Object.Member] { self[key]?.object?.members ?? [] }
    package func isEmptyOrAbsent(_ key: String) -> Bool {
        switch self[key] {
        case nil, .null?, .string("")?: true
        case .array(let list)?: list.isEmpty
        case .object(let object)?: object.isEmpty
        default: false
        }
    }

    /// Sets a member if it is absent.
    package mutating func setDefault(_ key: String, _ value: Value) {
        if self[key] == nil { self[key] = value }
    }

    /// Sets a member if it is absent or the empty string.
    package mutating func setDefaultText(_ key: String, _ text: String) {
        if self.text(key).isEmpty { self[key] = .string(text) }
    }

    /// Sets a number if it is absent or zero.
    package mutating func setDefaultNumber(_ key: String, _ value: Int64) {
        if number(key) == 0 { self[key] = .int(value) }
    }

    /// Changes a member that is an object; does nothing if it is not.
    package mutating func change(_ key: String, _ body: (inout Value) -> Void) {
        guard var child = self[key], case .object = child else { return }
        self[key] = .null
        body(&child)
        self[key] = child
    }

    /// Changes every element of a list; does nothing if there is no list.
    package mutating func changeItems(_ key: String, _ body: (inout Value) -> Void) {
        guard case .array(var list)? = self[key] else { return }
        self[key] = .null
        for index in list.indices { body(&list[index]) }
        self[key] = .array(list)
    }

    /// JSON with the named members first, in that order: what Go prints for a struct declared like this.
    package func jsonText(membersInOrder keys: [String]) -> String {
        guard case .object(let object) = self else { return jsonText }
        let declared = keys.filter { object[$0] != nil }
        let rest = object.members.map(\.key).filter { !keys.contains($0) }
        let members = (declared + rest).map { key in
            "\(Value.string(key).jsonText):\((object[key] ?? .null).jsonText)"
        }
        return "{" + members.joined(separator: ",") + "}"
    }
}

extension Value {
    /// A meta/v1 LabelSelector as Go prints it.
    package var selectorText: String {
        guard case .object = self else { return jsonText }
        var parts: [String] = []
        if let labels = self["matchLabels"] { parts.append("\"matchLabels\":\(labels.jsonText)") }
        if case .array(let list)? = self["matchExpressions"] {
            let texts = list.map { $0.jsonText(membersInOrder: ["key", "operator", "values"]) }
            parts.append("\"matchExpressions\":[\(texts.joined(separator: ","))]")
        }
        return "{" + parts.joined(separator: ",") + "}"
    }
}
