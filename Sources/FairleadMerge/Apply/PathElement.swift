package import FairleadModel

/// One step of a path to a field, as in FieldsV1.
///
/// Reference: KEP 555 (server-side apply), "FieldsV1 format"; sigs.k8s.io/structured-merge-diff `fieldpath`.
package enum PathElement: Sendable, Hashable {
    /// `f:name`: a field of an object or a key of a map.
    case field(String)
    /// `k:{…}`: an element of a list of type map, identified by its key fields, which are sorted by name.
    case key([KeyField])
    /// `v:…`: an element of a list of type set.
    case value(Value)
    /// `i:n`: an element of a list, identified by its index.
    case index(Int)

    package struct KeyField: Sendable, Hashable {
        package let name: String
        package let value: Value

        package init(name: String, value: Value) {
            self.name = name
            self.value = value
        }

        package static func == (left: KeyField, right: KeyField) -> Bool {
            left.name.isSameBytes(as: right.name) && left.value == right.value
        }
    }

    package static func == (left: PathElement, right: PathElement) -> Bool {
        switch (left, right) {
        case (.field(let left), .field(let right)): left.isSameBytes(as: right)
        case (.key(let left), .key(let right)): left == right
        case (.value(let left), .value(let right)): left == right
        case (.index(let left), .index(let right)): left == right
        default: false
        }
    }
}

extension PathElement: Comparable {
    /// Fields before keys before values before indexes; texts bytewise.
    package static func < (left: PathElement, right: PathElement) -> Bool {
        switch (left, right) {
        case (.field(let left), .field(let right)): left.isBefore(right)
        case (.key(let left), .key(let right)): precedes(left, right)
        case (.value(let left), .value(let right)): compare(left, right) < 0
        case (.index(let left), .index(let right)): left < right
        default: left.rank < right.rank
        }
    }

    private var rank: Int {
        switch self {
        case .field: 0
        case .key: 1
        case .value: 2
        case .index: 3
        }
    }

    private static func precedes(_ left: [KeyField], _ right: [KeyField]) -> Bool {
        for (mine, other) in zip(left, right) {
            let names = mine.name.order(other.name)
            if names != 0 { return names < 0 }
            let order = compare(mine.value, other.value)
            if order != 0 { return order < 0 }
        }
        return left.count < right.count
    }

    /// Numbers, then strings, then the rest.
    private static func compare(_ left: Value, _ right: Value) -> Int {
        if left == right { return 0 }
        switch (left, right) {
        case (.int(let left), .int(let right)): return left < right ? -1 : 1
        case (.string(let left), .string(let right)): return left.order(right)
        default: break
        }
        if let mine = left.double, let other = right.double { return mine < other ? -1 : mine > other ? 1 : 0 }
        let ranks = (order(of: left), order(of: right))
        if ranks.0 != ranks.1 { return ranks.0 < ranks.1 ? -1 : 1 }
        return left.jsonText.order(right.jsonText)
    }

    private static func order(of value: Value) -> Int {
        switch value {
        case .int, .double: 0
        case .string: 1
        case .bool: 2
        case .array: 3
        case .object: 4
        case .null: 5
        }
    }
}

extension PathElement: CustomStringConvertible {
    /// The form used in conflicts and validation errors: `.name`, `[port=80,protocol="TCP"]`, `[="x"]`, `[3]`.
    package var description: String {
        switch self {
        case .field(let name): "." + name
        case .key(let fields):
            "[" + fields.map { $0.name + "=" + Self.text($0.value) }.joined(separator: ",") + "]"
        case .value(let value): "[=" + Self.text(value) + "]"
        case .index(let index): "[\(index)]"
        }
    }

    private static func text(_ value: Value) -> String {
        if case .string(let text) = value { return text.goQuoted }
        return value.jsonText
    }
}
