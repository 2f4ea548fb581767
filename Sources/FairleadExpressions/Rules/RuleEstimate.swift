/// What an evaluation may cost at most, as it can be known from sizes that a schema allows.
///
/// Reference: cel-go `checker/cost.go`; k8s.io/apiserver `pkg/cel/library/cost.go`, `pkg/cel/common/schemas.go`.
struct RuleEstimate: Sendable {
    var cost: Double
    /// Bytes, elements or members; nil for what has no size.
    var size: Double?

    init(cost: Double, size: Double? = nil) {
        self.cost = cost
        self.size = size
    }

    /// A request is never larger.
    static let request = 3.0 * 1024 * 1024
    static let unboundedText = request - 2

    static func literal(_ value: RuleValue) -> RuleEstimate {
        switch value {
        case .plain(.string(let text)): RuleEstimate(cost: 0, size: Double(text.utf8.count))
        case .bytes(let bytes): RuleEstimate(cost: 0, size: Double(bytes.count))
        default: RuleEstimate(cost: 0)
        }
    }

    /// The most that a declared value holds.
    static func size(of declaration: RuleDeclaration) -> Double {
        if let maximum = declaration.maximum { return Double(maximum) }
        return switch declaration.shape {
        case .string, .bytes, .any: unboundedText
        case .timestamp: 34
        case .duration: 32
        case .list(let element, _): ((request - 2) / Double(element.minimumSize + 1)).rounded(.down)
        case .map(let element): ((request - 2) / Double(element.minimumSize + 6)).rounded(.down)
        case .bool, .int, .double, .object: 1
        }
    }

    private static func textCost(_ size: Double?) -> Double { ((size ?? 1) * 0.1).rounded(.up) }

    static func call(_ function: String, _ arguments: [RuleEstimate]) -> RuleEstimate {
        let sum = arguments.reduce(0) { $0 + $1.cost }
        let first = arguments.first?.size
        let second = arguments.count > 1 ? arguments[1].size : nil
        switch function {
        case "_?_:_":
            return RuleEstimate(
                cost: arguments[0].cost + max(arguments[1].cost, arguments[2].cost),
                size: [arguments[1].size, arguments[2].size].compactMap { $0 }.max())
        case "_==_", "_!=_", "_<_", "_<=_", "_>_", "_>=_":
            return RuleEstimate(cost: sum + textCost(min(first ?? 1, second ?? 1)))
        case "_+_":
            guard let first, let second else { return RuleEstimate(cost: sum + 1) }
            return RuleEstimate(cost: sum + textCost(first + second), size: first + second)
        case "@in": return RuleEstimate(cost: sum + (second ?? 1))
        case "startsWith", "endsWith": return RuleEstimate(cost: sum + textCost(second))
        case "contains", "indexOf", "lastIndexOf": return RuleEstimate(cost: sum + textCost(first) * textCost(second))
        case "matches", "find", "findAll":
            let expressions = ((second ?? 1) * 0.25).rounded(.up)
            return RuleEstimate(cost: sum + textCost((first ?? 0) + 1) * expressions, size: first)
        case "lowerAscii", "upperAscii", "trim", "substring", "split", "format", "replace", "bytes", "string", "charAt",
            "url",
            "isURL", "ip", "isIP", "ip.isCanonical", "cidr", "isCIDR", "quantity", "isQuantity", "semver", "isSemver",
            "validate", "timestamp", "duration", "int", "uint", "double", "join", "strings.quote":
            return RuleEstimate(cost: sum + textCost(first), size: first)
        case "isSorted", "sum", "min", "max", "sort", "distinct", "reverse", "flatten", "slice":
            return RuleEstimate(cost: sum + (first ?? 1), size: first)
        case "sets.contains", "sets.equivalent", "sets.intersects":
            return RuleEstimate(cost: sum + (first ?? 1) * (second ?? 1))
        default: return RuleEstimate(cost: sum + 1, size: first)
        }
    }

    /// The parts of a loop are asked for each element.
    static func loop(_ macro: RuleSyntax.Macro, _ range: RuleEstimate, _ bodies: [RuleEstimate]) -> RuleEstimate {
        let body = bodies.reduce(0) { $0 + $1.cost }
        let count = range.size ?? unboundedText
        let step: Double
        switch macro {
        case .all: step = 3
        case .exists: step = 4
        case .existsOne: step = 4
        case .optMap, .optFlatMap: return RuleEstimate(cost: range.cost + body + 3)
        default: return RuleEstimate(cost: range.cost + 11 + count * (body + 12), size: count)
        }
        return RuleEstimate(cost: range.cost + 1 + count * (body + step))
    }
}
