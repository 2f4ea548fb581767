package import FairleadModel

/// The JSONPath of printer columns, subresources and selectable fields: names, slices, wildcards, unions and filters of
/// the form `[?(@.type=="Ready")]` after a leading dot.
///
/// Reference: k8s.io/client-go `util/jsonpath`; "JSONPath Support".
package struct SimplePath: Sendable {
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
        private let isIndex: Bool

        init(start: Int?, end: Int?, step: Int?) {
            (self.start, self.end, self.step, isIndex) = (start, end, step, false)
        }

        init(index: Int) { (start, end, step, isIndex) = (index, nil, nil, true) }

        /// Nothing where a bound lies outside of the list.
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

    /// nil if the path cannot be parsed.
    package init?(_ text: String) {
        guard text.first == "." else { return nil }
        var parser = SimplePathParser(Array(text.unicodeScalars))
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
            case .slice(let slice): current = current.flatMap { slice.elements(of: $0.array ?? []) }
            case .union(let parts): current = parts.flatMap { walk($0[...], current) }
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
}
