package import FairleadModel

/// The JSONPath of printer columns, subresources and selectable fields: names, indexes, wildcards and filters of the
/// form `[?(@.type=="Ready")]` after a leading dot.
///
/// Reference: k8s.io/client-go `util/jsonpath`; "JSONPath Support".
package struct SimplePath: Sendable {
    private enum Step: Sendable {
        case name(String)
        case index(Int)
        case wildcard
        case recursive
        case filter([Step], String, Value?)
    }

    private let steps: [Step]
    /// The names in a path that consists only of names; otherwise nil.
    package var names: [String]? {
        var result: [String] = []
        for step in steps {
            guard case .name(let name) = step else { return nil }
            result.append(name)
        }
        return result
    }

    /// nil if the path cannot be parsed.
    package init?(_ text: String) {
        var parser = Parser(Array(text.unicodeScalars))
        guard let steps = parser.steps() else { return nil }
        self.steps = steps
    }

    private init(steps: [Step]) { self.steps = steps }

    /// The values that the path leads to, in order; none if something is missing.
    package func values(in value: Value) -> [Value] { Self.walk(steps[...], [value]) }

    private static func walk(_ steps: ArraySlice<Step>, _ start: [Value]) -> [Value] {
        var current = start
        for step in steps {
            switch step {
            case .name(let name): current = current.compactMap { $0[name] }
            case .index(let index):
                current = current.compactMap { value in
                    guard let list = value.array else { return nil }
                    let place = index < 0 ? list.count + index : index
                    return list.indices.contains(place) ? list[place] : nil
                }
            case .wildcard:
                current = current.flatMap { $0.array ?? $0.object?.members.map(\.value) ?? [] }
            case .recursive: current = current.flatMap(descendants)
            case .filter(let path, let comparison, let wanted):
                current = current.flatMap { $0.array ?? [] }.filter { element in
                    matches(walk(path[...], [element]).first, comparison, wanted)
                }
            }
        }
        return current
    }

    private static func descendants(_ value: Value) -> [Value] {
        let children = value.array ?? value.object?.members.map(\.value) ?? []
        return [value] + children.flatMap(descendants)
    }

    private static func matches(_ found: Value?, _ comparison: String, _ wanted: Value?) -> Bool {
        guard let found else { return false }
        guard let wanted else { return true }
        switch comparison {
        case "==": return found == wanted
        case "!=": return found != wanted
        default:
            guard let left = found.double, let right = wanted.double else { return false }
            switch comparison {
            case "<": return left < right
            case "<=": return left <= right
            case ">": return left > right
            default: return left >= right
            }
        }
    }

    private struct Parser {
        private let text: [Unicode.Scalar]
        private var position = 0

        init(_ text: [Unicode.Scalar]) { self.text = text }

        mutating func steps() -> [Step]? {
            guard text.first == "." else { return nil }
            guard let result = list(until: []), position == text.count else { return nil }
            return result
        }

        private mutating func list(until stops: Set<Unicode.Scalar>) -> [Step]? {
            var result: [Step] = []
            while position < text.count, !stops.contains(text[position]) {
                if text[position] == "." {
                    position += 1
                    if position < text.count, text[position] == "." {
                        position += 1
                        result.append(.recursive)
                    }
                    if position < text.count, text[position] == "[" { continue }
                    guard let name = name(until: stops) else { return nil }
                    if name == "*" { result.append(.wildcard) } else if !name.isEmpty { result.append(.name(name)) }
                } else if text[position] == "[" {
                    guard let step = bracket() else { return nil }
                    result.append(step)
                } else {
                    return nil
                }
            }
            return result
        }

        private mutating func name(until stops: Set<Unicode.Scalar>) -> String? {
            var result = String.UnicodeScalarView()
            while position < text.count, text[position] != ".", text[position] != "[" {
                if stops.contains(text[position]) { break }
                if text[position] == "\\" { position += 1 }
                guard position < text.count, text[position] != " " else { return nil }
                result.append(text[position])
                position += 1
            }
            return String(result)
        }

        private mutating func bracket() -> Step? {
            position += 1
            guard position < text.count else { return nil }
            if text[position] == "?" { return filter() }
            if text[position] == "'" || text[position] == "\"" {
                guard let name = quoted(), take("]") else { return nil }
                return .name(name)
            }
            var inner = String.UnicodeScalarView()
            while position < text.count, text[position] != "]" {
                inner.append(text[position])
                position += 1
            }
            guard take("]") else { return nil }
            if String(inner) == "*" { return .wildcard }
            return Int(String(inner)).map { .index($0) }
        }

        private mutating func filter() -> Step? {
            position += 1
            guard take("("), take("@") else { return nil }
            let stops: Set<Unicode.Scalar> = ["=", "!", "<", ">", " ", ")"]
            guard let path = list(until: stops) else { return nil }
            skipSpaces()
            var comparison = ""
            while position < text.count, ["=", "!", "<", ">"].contains(text[position]) {
                comparison.unicodeScalars.append(text[position])
                position += 1
            }
            skipSpaces()
            var wanted: Value?
            if !comparison.isEmpty {
                guard let literal = literal() else { return nil }
                wanted = literal
            }
            skipSpaces()
            guard take(")"), take("]") else { return nil }
            return .filter(path, comparison, wanted)
        }

        private mutating func literal() -> Value? {
            guard position < text.count else { return nil }
            if text[position] == "'" || text[position] == "\"" { return quoted().map { .string($0) } }
            var word = ""
            while position < text.count, text[position] != ")", text[position] != " " {
                word.unicodeScalars.append(text[position])
                position += 1
            }
            switch word {
            case "true": return true
            case "false": return false
            default: return Int64(word).map { .int($0) } ?? Double(word).map { .double($0) }
            }
        }

        private mutating func quoted() -> String? {
            let quote = text[position]
            position += 1
            var result = String.UnicodeScalarView()
            while position < text.count, text[position] != quote {
                if text[position] == "\\" { position += 1 }
                guard position < text.count else { return nil }
                result.append(text[position])
                position += 1
            }
            guard position < text.count else { return nil }
            position += 1
            return String(result)
        }

        private mutating func take(_ scalar: Unicode.Scalar) -> Bool {
            guard position < text.count, text[position] == scalar else { return false }
            position += 1
            return true
        }

        private mutating func skipSpaces() { while position < text.count, text[position] == " " { position += 1 } }
    }
}
