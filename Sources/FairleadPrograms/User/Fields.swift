package import FairleadModel

/// What is wrong with a file that a user has written; names the line, or the field.
package struct FieldFault: Error, Hashable, Sendable, CustomStringConvertible {
    package var message: String
    package var description: String { message }

    package init(message: String) { self.message = message }
}

/// Takes the members of an object one by one, and knows which are left.
package struct Fields {
    private var rest: Object
    private let path: String

    /// An empty file is an empty object.
    package init(_ value: Value, at path: String) throws(FieldFault) {
        guard value.object != nil || value.isNull && path.isEmpty else {
            throw .init(message: "\(path.isEmpty ? "the file" : path): must be an object")
        }
        rest = value.object ?? [:]
        self.path = path
    }

    /// The field with the way to it.
    package func name(_ field: String) -> String { path.isEmpty ? field : "\(path).\(field)" }

    private mutating func take(_ field: String) -> Value? {
        let value = rest.removeValue(forKey: field)
        return value?.isNull == true ? nil : value
    }

    package mutating func text(_ field: String) throws(FieldFault) -> String? {
        guard let value = take(field) else { return nil }
        guard let text = value.string else { throw .init(message: "\(name(field)): must be a text") }
        return text
    }

    package mutating func truth(_ field: String) throws(FieldFault) -> Bool? {
        guard let value = take(field) else { return nil }
        guard let truth = value.bool else { throw .init(message: "\(name(field)): must be true or false") }
        return truth
    }

    package mutating func number(_ field: String, _ range: ClosedRange<Int>) throws(FieldFault) -> Int? {
        guard let value = take(field) else { return nil }
        guard let number = value.int.flatMap({ Int(exactly: $0) }), range.contains(number) else {
            throw .init(message: "\(name(field)): must be a number from \(range.lowerBound) to \(range.upperBound)")
        }
        return number
    }

    package mutating func fraction(_ field: String) throws(FieldFault) -> Double? {
        guard let value = take(field) else { return nil }
        guard let number = value.double, (0...1).contains(number) else {
            throw .init(message: "\(name(field)): must be a number from 0 to 1")
        }
        return number
    }

    package mutating func duration(_ field: String) throws(FieldFault) -> Duration? {
        guard let value = take(field) else { return nil }
        // What is no duration is refused below.
        guard let duration = value.string.flatMap({ try? GoDuration.parse($0) }), duration >= .zero else {
            throw .init(message: "\(name(field)): must be a duration like 500ms, 10s or 1m30s")
        }
        return duration
    }

    package mutating func object(_ field: String) throws(FieldFault) -> Value? {
        guard let value = take(field) else { return nil }
        guard value.object != nil else { throw .init(message: "\(name(field)): must be an object") }
        return value
    }

    package mutating func list(_ field: String, limit: Int) throws(FieldFault) -> [Value] {
        guard let value = take(field) else { return [] }
        guard let items = value.array else { throw .init(message: "\(name(field)): must be a list") }
        guard items.count <= limit else { throw .init(message: "\(name(field)): must have at most \(limit) items") }
        return items
    }

    /// Complains about what nobody has taken.
    package func finish() throws(FieldFault) {
        if let field = rest.first(where: { _ in true })?.key {
            throw .init(message: "\(name(field)): there is no such field")
        }
    }
}
