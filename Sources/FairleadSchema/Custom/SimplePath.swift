package import FairleadModel

/// The JSONPath of printer columns, subresources and selectable fields: names, indexes, wildcards and filters of the
/// form `[?(@.type=="Ready")]` after a leading dot.
///
/// A path is as long as its definition's author likes, and filters contain paths: length, number of steps and nesting of
/// filters are limited, so that neither reading a path nor following it goes deep.
///
/// Reference: k8s.io/client-go `util/jsonpath`; "JSONPath Support".
package struct SimplePath: Sendable {
    /// In UTF-8 bytes.
    private static let maximumLength = 16 * 1024
    /// Those of filters included.
    private static let maximumSteps = 128
    private static let maximumNesting = 16

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

    /// nil if the path cannot be parsed, or is too long.
    package init?(_ text: String) {
        guard text.utf8.count <= Self.maximumLength else { return nil }
        var parser = Parser(Array(text.unicodeScalars))
        guard let steps = parser.steps() else { return nil }
        self.steps = steps
    }

    /// Whether the path may lead to any number of values, so that following it takes as long as the value is large.
    package var isSearch: Bool {
        steps.contains { step in
            switch step {
            case .name, .index: false
            case .wildcard, .recursive, .filter: true
            }
        }
    }

    /// The first value that the path leads to; nil if something is missing or the budget does not suffice.
    package func first(in value: Value, _ budget: inout PathBudget) -> Value? {
        values(in: value, atMost: 1, &budget).first
    }

    /// The values that the path leads to, in order; none if something is missing.
    func values(in value: Value, atMost wanted: Int = .max, _ budget: inout PathBudget) -> [Value] {
        var search = Search(budget: budget, wanted: wanted)
        search.follow(steps[...], value)
        budget = search.budget
        return search.found
    }

    /// Follows a path one value at a time, and only until enough has been found. It goes as deep as the path has steps
    /// and the value has levels.
    private struct Search {
        var budget: PathBudget
        let wanted: Int
        var found: [Value] = []

        private var isOver: Bool { found.count >= wanted || budget.isExhausted }

        mutating func follow(_ steps: ArraySlice<Step>, _ value: Value) {
            guard !isOver, budget.take(1) else { return }
            guard let step = steps.first else {
                found.append(value)
                return
            }
            let rest = steps.dropFirst()
            switch step {
            case .name(let name):
                if let member = value[name] { follow(rest, member) }
            case .index(let index):
                guard let list = value.array else { return }
                let place = index < 0 ? list.count +| index : index
                if list.indices.contains(place) { follow(rest, list[place]) }
            case .wildcard: followChildren(rest, value)
            case .recursive:
                follow(rest, value)
                followChildren(steps, value)
            case .filter(let path, let comparison, let wanted):
                for element in value.array ?? [] where !isOver {
                    var inner = Search(budget: budget, wanted: 1)
                    inner.follow(path[...], element)
                    budget = inner.budget
                    if SimplePath.matches(inner.found.first, comparison, wanted) { follow(rest, element) }
                }
            }
        }

        private mutating func followChildren(_ steps: ArraySlice<Step>, _ value: Value) {
            switch value {
            case .array(let list): for element in list where !isOver { follow(steps, element) }
            case .object(let object): for member in object.members where !isOver { follow(steps, member.value) }
            default: break
            }
        }
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
        private var stepCount = 0
        private var nesting = 0

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
                        // Two descents in a row lead to nothing that one does not lead to.
                        if case .recursive? = result.last {} else { result.append(.recursive) }
                        guard hasRoom() else { return nil }
                    }
                    if position < text.count, text[position] == "[" { continue }
                    guard let name = name(until: stops), hasRoom() else { return nil }
                    if name == "*" { result.append(.wildcard) } else if !name.isEmpty { result.append(.name(name)) }
                } else if text[position] == "[" {
                    guard hasRoom(), let step = bracket() else { return nil }
                    result.append(step)
                } else {
                    return nil
                }
            }
            return result
        }

        /// Counts one more step.
        /// - Returns: false if they are too many.
        private mutating func hasRoom() -> Bool {
            stepCount += 1
            return stepCount <= SimplePath.maximumSteps
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
            guard nesting < SimplePath.maximumNesting else { return nil }
            nesting += 1
            defer { nesting -= 1 }
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
