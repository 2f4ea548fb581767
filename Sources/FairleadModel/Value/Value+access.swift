extension Value {
    package var isNull: Bool { if case .null = self { true } else { false } }
    package var bool: Bool? { if case .bool(let value) = self { value } else { nil } }
    package var string: String? { if case .string(let value) = self { value } else { nil } }
    package var array: [Value]? { if case .array(let value) = self { value } else { nil } }
    package var object: Object? { if case .object(let value) = self { value } else { nil } }

    /// The number as an integer: an integer literal, or a float without a fraction that fits 64 bits.
    package var int: Int64? {
        switch self {
        case .int(let value): value
        case .double(let value): Int64(exactly: value)
        default: nil
        }
    }

    package var double: Double? {
        switch self {
        case .int(let value): Double(value)
        case .double(let value): value
        default: nil
        }
    }

    /// The member of an object; nil if this is not an object or has no such member. Setting a member of a value that is
    /// not an object replaces the value with an object; setting nil removes the member.
    package subscript(key: String) -> Value? {
        get {
            if case .object(let object) = self { return object[key] }
            return nil
        }
        set {
            guard case .object(var object) = self else {
                if let newValue { self = .object(Object([(key, newValue)])) }
                return
            }
            self = .null  // keeps `object` uniquely referenced while it changes
            object[key] = newValue
            self = .object(object)
        }
        _modify {
            var object = Object()
            let wasObject: Bool
            if case .object(let existing) = self {
                object = existing
                wasObject = true
                self = .null
            } else {
                wasObject = false
            }
            let previous = self
            defer { self = wasObject || !object.isEmpty ? .object(object) : previous }
            yield &object[key]
        }
    }

    /// The value at a path of object members; nil if any step is missing. Short paths, which nearly all are, need no
    /// array.
    package func at(_ first: String, _ second: String) -> Value? { self[first]?[second] }
    package func at(_ first: String, _ second: String, _ third: String) -> Value? { self[first]?[second]?[third] }
    package func at(
        _ first: String, _ second: String, _ third: String, _ fourth: String, _ rest: String...
    ) -> Value? {
        self[first]?[second]?[third]?[fourth]?.at(rest[...])
    }

    package func at(_ path: ArraySlice<String>) -> Value? {
        var current = self
        for step in path {
            guard case .object(let object) = current, let next = object[step] else { return nil }
            current = next
        }
        return current
    }

    /// Sets the value at a path, creating the objects on the way; nil removes the last member if its parent exists.
    package mutating func set(
        _ value: Value?, at first: String, _ second: String, _ third: String, _ rest: String...
    ) {
        set(value, at: [first, second, third] + rest)
    }

    /// The form of nearly all calls, without an array for the path.
    package mutating func set(_ value: Value?, at first: String, _ second: String) {
        guard let value else {
            self[first]?[second] = nil
            return
        }
        if case .object? = self[first] {
            self[first]?[second] = value
        } else {
            self[first] = .object(Object([(second, value)]))
        }
    }

    package mutating func set(_ value: Value?, at path: ArraySlice<String>) {
        guard let first = path.first else { return }
        if path.count == 1 {
            self[first] = value
        } else {
            if value == nil, self[first]?.object == nil { return }
            var child = self[first] ?? .object(Object())
            self[first] = .null
            child.set(value, at: path.dropFirst())
            self[first] = child
        }
    }

    /// A map of strings (labels, annotations, selectors); members that are not strings are left out.
    package var stringMap: [String: String] {
        guard case .object(let object) = self else { return [:] }
        var result: [String: String] = [:]
        result.reserveCapacity(object.count)
        for (key, value) in object { if case .string(let text) = value { result[key] = text } }
        return result
    }

    package init(_ map: [String: String]) {
        self = .object(Object(map.map { ($0.key, .string($0.value)) }))
    }

    /// The name that Go's decoder uses for this type of JSON value in its messages.
    package var jsonTypeName: String {
        switch self {
        case .null: "null"
        case .bool: "bool"
        case .int, .double: "number"
        case .string: "string"
        case .array: "array"
        case .object: "object"
        }
    }
}
