package import FairleadModel

/// The JSONPath of printer columns, subresources and selectable fields: names, slices, wildcards, unions and filters of
/// the form `[?(@.type=="Ready")]` after a leading dot.
///
/// The definition's author controls a path's length, and filters contain paths: length, number of steps and nesting of
/// filters are limited, so that neither parsing nor following a path recurses deeply.
///
/// Reference: k8s.io/client-go `util/jsonpath`; "JSONPath Support".
package struct SimplePath: Sendable {
    /// In UTF-8 bytes.
    private static let maximumLength = 16 * 1024
    /// Including those of filters.
    static let maximumSteps = 128
    static let maximumNesting = 16

    typealias Literal = Value

    enum Step: Sendable {
        case name(String)
        case slice(Slice)
        case wildcard
        case recursive
        case union([[Step]])
        case filter([Step], String, Literal?)
    }

    /// `[start:end:step]`, or one index. Negative numbers count from the end.
    struct Slice: Sendable {
        let start: Int?
        let end: Int?
        let step: Int?
        fileprivate let isIndex: Bool

        init(start: Int?, end: Int?, step: Int?) {
            (self.start, self.end, self.step, isIndex) = (start, end, step, false)
        }

        init(index: Int) { (start, end, step, isIndex) = (index, nil, nil, true) }

        /// Empty if a bound is outside the list.
        func elements(of list: [Value]) -> [Value] {
            func place(_ number: Int) -> Int { number < 0 ? list.count +| number : number }
            let first = place(start ?? 0)
            let end = isIndex ? first +| 1 : place(end ?? list.count)
            let step = step ?? 1
            guard list.indices.contains(first), first < end, end <= list.count, step > 0 else { return [] }
            return stride(from: first, to: end, by: step).map { list[$0] }
        }
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
        guard text.utf8.count <= Self.maximumLength, text.first == "." else { return nil }
        var parser = SimplePathParser(Array(text.unicodeScalars))
        guard let steps = parser.steps() else { return nil }
        self.steps = steps
    }

    /// Whether the path may match any number of values, so that following it takes time proportional to the value's
    /// size.
    package var isSearch: Bool {
        steps.contains { step in
            switch step {
            case .name: false
            case .slice(let slice): !slice.isIndex
            case .wildcard, .recursive, .union, .filter: true
            }
        }
    }

    /// The first value that the path matches; nil if something is missing or the budget is insufficient.
    package func first(in value: Value, _ budget: inout PathBudget) -> Value? {
        values(in: value, atMost: 1, &budget).first
    }

    /// The values that the path matches, in order; none if something is missing.
    func values(in value: Value, atMost wanted: Int = .max, _ budget: inout PathBudget) -> [Value] {
        var search = Search(budget: budget, wanted: wanted)
        search.follow(steps[...], value)
        budget = search.budget
        return search.found
    }

    /// Follows a path one value at a time, and only until enough has been found. The recursion is as deep as the steps
    /// of the path plus the levels of the value.
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
            case .slice(let slice):
                for element in slice.elements(of: value.array ?? []) where !isOver { follow(rest, element) }
            case .union(let parts):
                for part in parts where !isOver { follow(part + rest, value) }
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
}
