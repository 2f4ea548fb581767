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

    package var requirements: [Requirement]

    package init(requirements: [Requirement] = []) { self.requirements = requirements }

    package init(parsing text: String) throws(SelectorError) {
        requirements = []
        for term in Self.terms(of: text) where !term.isEmpty {
            guard let split = Self.split(term) else {
                throw SelectorError(message: "invalid selector: '\(text)'; can't understand '\(term)'")
            }
            let value = try Self.unescaped(split.value)
            requirements.append(Requirement(field: split.field, op: split.op, value: value))
        }
    }

    package var isEmpty: Bool { requirements.isEmpty }

    /// - Parameter field: the value of a field of the object; nil reads as "".
    package func matches(_ field: (String) -> String?) -> Bool {
        requirements.allSatisfy { ((field($0.field) ?? "") == $0.value) == ($0.op == .equals) }
    }

    /// The value that `field` must have, if a requirement says so.
    package func required(_ field: String) -> String? {
        requirements.first { $0.field == field && $0.op == .equals }?.value
    }

    /// Splits at commas that no backslash stands before.
    private static func terms(of text: String) -> [String] {
        var terms: [String] = [""]
        var isEscaped = false
        for character in text {
            if character == ",", !isEscaped {
                terms.append("")
                continue
            }
            isEscaped = !isEscaped && character == "\\"
            terms[terms.count - 1].append(character)
        }
        return terms
    }

    private static func split(_ term: String) -> (field: String, op: Requirement.Operator, value: String)? {
        for index in term.indices {
            let rest = term[index...]
            let field = String(term[..<index])
            if rest.hasPrefix("!=") { return (field, .notEquals, String(rest.dropFirst(2))) }
            if rest.hasPrefix("==") { return (field, .equals, String(rest.dropFirst(2))) }
            if rest.hasPrefix("=") { return (field, .equals, String(rest.dropFirst())) }
        }
        return nil
    }

    private static func unescaped(_ text: String) throws(SelectorError) -> String {
        var result = ""
        var isEscaped = false
        for character in text {
            if isEscaped {
                guard "\\,=".contains(character) else {
                    throw SelectorError(message: "invalid field selector: invalid escape sequence: \\\(character)")
                }
                result.append(character)
                isEscaped = false
            } else if character == "\\" {
                isEscaped = true
            } else if character == "," || character == "=" {
                throw SelectorError(message: "invalid field selector: unescaped character in value: \(character)")
            } else {
                result.append(character)
            }
        }
        if isEscaped { throw SelectorError(message: "invalid field selector: invalid escape sequence: \\") }
        return result
    }
}
