/// A `fieldSelector`: `spec.nodeName=n1,status.phase!=Running`. All requirements must hold.
///
/// Reference: k8s.io/apimachinery `fields`.
package struct FieldSelector: Sendable, Hashable {
    package struct Requirement: Sendable, Hashable {
        package enum Operator: Sendable, Hashable { case equals, notEquals }

        package var field: String
        package var op: Operator
        package var value: String

        package init(field: String, op: Operator, value: String) {
            self.field = field
            self.op = op
            self.value = value
        }
    }

    package let requirements: [Requirement]
    private let fields: [Field]

    /// All requirements on one field.
    private struct Field: Sendable, Hashable {
        let name: String
        var equal: Set<ByteText> = []
        var unequal: Set<ByteText> = []

        func holds(_ value: String) -> Bool {
            (equal.isEmpty || equal.count == 1 && equal.contains(ByteText(value)))
                && !unequal.contains(ByteText(value))
        }
    }

    package init(requirements: [Requirement] = []) {
        self.requirements = requirements
        var places: [String: Int] = [:]
        var fields: [Field] = []
        for requirement in requirements {
            let place = places[requirement.field] ?? fields.count
            if place == fields.count {
                places[requirement.field] = place
                fields.append(Field(name: requirement.field))
            }
            switch requirement.op {
            case .equals: fields[place].equal.insert(ByteText(requirement.value))
            case .notEquals: fields[place].unequal.insert(ByteText(requirement.value))
            }
        }
        self.fields = fields
    }

    package init(parsing text: String) throws(SelectorError) {
        var requirements: [Requirement] = []
        for term in Self.terms(of: text) where !term.isEmpty {
            guard let split = Self.split(term) else {
                throw SelectorError(message: "invalid selector: '\(text)'; can't understand '\(term)'")
            }
            let value = try Self.unescaped(split.value)
            requirements.append(Requirement(field: split.field, op: split.op, value: value))
        }
        self.init(requirements: requirements)
    }

    package var isEmpty: Bool { requirements.isEmpty }

    /// - Parameter field: the value of a field of the object; nil reads as "".
    package func matches(_ field: (String) -> String?) -> Bool { fields.allSatisfy { $0.holds(field($0.name) ?? "") } }

    /// The value that `field` must have, if there is such a requirement.
    package func required(_ field: String) -> String? {
        requirements.first { $0.field == field && $0.op == .equals }?.value
    }

    /// Splits at commas that are not preceded by a backslash.
    private static func terms(of text: String) -> [String] {
        var terms: [String] = [""]
        var isEscaped = false
        for character in text.unicodeScalars {
            if character == ",", !isEscaped {
                terms.append("")
                continue
            }
            isEscaped = !isEscaped && character == "\\"
            terms[terms.count - 1].unicodeScalars.append(character)
        }
        return terms
    }

    private static func split(_ term: String) -> (field: String, op: Requirement.Operator, value: String)? {
        let bytes = term.utf8
        guard let place = bytes.firstIndex(where: { $0 == UInt8(ascii: "=") || $0 == UInt8(ascii: "!") }) else {
            return nil
        }
        var start = place
        while start < bytes.endIndex {
            let field = { String(term[..<start]) }
            let rest = bytes[start...]
            if rest.starts(with: "!=".utf8) { return (field(), .notEquals, String(Substring(rest.dropFirst(2)))) }
            if rest.starts(with: "==".utf8) { return (field(), .equals, String(Substring(rest.dropFirst(2)))) }
            if rest.starts(with: "=".utf8) { return (field(), .equals, String(Substring(rest.dropFirst()))) }
            start = bytes.index(after: start)
        }
        return nil
    }

    private static func unescaped(_ text: String) throws(SelectorError) -> String {
        var result = ""
        var isEscaped = false
        for character in text.unicodeScalars {
            if isEscaped {
                guard "\\,=".unicodeScalars.contains(character) else {
                    throw SelectorError(message: "invalid field selector: invalid escape sequence: \\\(character)")
                }
                result.unicodeScalars.append(character)
                isEscaped = false
            } else if character == "\\" {
                isEscaped = true
            } else if character == "," || character == "=" {
                throw SelectorError(message: "invalid field selector: unescaped character in value: \(character)")
            } else {
                result.unicodeScalars.append(character)
            }
        }
        if isEscaped { throw SelectorError(message: "invalid field selector: invalid escape sequence: \\") }
        return result
    }
}
