/// What an evaluation may cost at most, as it can be known from sizes that a schema allows. What an evaluation is charged
/// (`RuleCost`) follows the same formulas, with the sizes that the values have: it is never more.
///
/// Reference: cel-go `checker/cost.go`; k8s.io/apiserver `pkg/cel/library/cost.go`, `pkg/cel/common/schemas.go`.
struct RuleEstimate: Sendable {
    var cost: Double
    var size: RuleSize

    init(cost: Double, size: RuleSize = .one) {
        self.cost = cost
        self.size = size
    }

    /// - Parameter type: of the result.
    static func call(_ function: String, _ arguments: [RuleChecker.Part], _ type: RuleType) -> RuleEstimate {
        let sum = arguments.reduce(0) { $0 + $1.estimate.cost }
        let first = arguments.first?.estimate.size ?? .one
        let second = arguments.count > 1 ? arguments[1].estimate.size : .one
        let rest = RuleSize.most(of: type)
        func estimate(_ cost: Double, _ size: RuleSize? = nil) -> RuleEstimate {
            RuleEstimate(cost: min(sum + cost, RuleSize.unknown.count), size: size ?? rest)
        }
        switch function {
        case "_?_:_":
            return RuleEstimate(
                cost: arguments[0].estimate.cost + max(arguments[1].estimate.cost, arguments[2].estimate.cost),
                size: second.union(arguments[2].estimate.size))
        case "_==_", "_!=_", "_<_", "_<=_", "_>_", "_>=_":
            return estimate(RuleCost.traversal(min(first.count, second.count)))
        case "_+_":
            let whole = first.appending(second)
            if RuleSize.most(of: type).count == 1 { return estimate(1) }
            return estimate(whole.cost, whole)
        case "_[_]", "_[?_]": return estimate(1, first.element)
        case "@in":
            let isMap = if case .map = arguments[1].type { true } else { false }
            return estimate(isMap ? 1 : max(1, second.count))
        case "matches", "find", "findAll":
            let cost = RuleCost.traversal(first.count + 1) * RuleCost.expressions(second.count)
            return estimate(cost, function == "find" ? first : RuleSize(first.count + 1, element: first))
        case "orValue", "or", "value", "optional.of", "optional.ofNonZeroValue":
            return estimate(1, function.hasPrefix("or") ? first.union(second) : first)
        case "dyn": return estimate(1, first)
        default: return text(function, first, second, estimate) ?? list(function, arguments, first, second, estimate)
        }
    }

    private typealias Maker = (_ cost: Double, _ size: RuleSize?) -> RuleEstimate

    private static func text(
        _ function: String, _ first: RuleSize, _ second: RuleSize, _ estimate: Maker
    ) -> RuleEstimate? {
        switch function {
        case "startsWith", "endsWith": return estimate(second.cost, nil)
        case "contains": return estimate(first.cost * second.cost, nil)
        case "lowerAscii", "upperAscii", "trim", "substring", "charAt":
            return estimate(first.cost, RuleSize(first.count))
        case "split":
            // Where all characters are separators, there is one part more than these.
            return estimate(RuleCost.traversal(2 * first.count), RuleSize(first.count + 1, element: first))
        case "replace":
            return estimate(RuleCost.traversal(2 * first.count), .unknown)
        case "bytes", "string":
            return estimate(max(1, first.cost), first.count == 1 ? nil : RuleSize(4 * first.count))
        case "strings.quote", "jsonpatch.escapeKey": return estimate(first.cost, RuleSize(4 * first.count + 2))
        case "format", "url", "isURL", "ip", "isIP", "cidr", "isCIDR", "quantity", "isQuantity", "semver", "isSemver",
            "timestamp", "duration", "int", "uint", "double":
            return estimate(max(1, first.cost), nil)
        case "ip.isCanonical": return estimate(max(1, RuleCost.traversal(2 * first.count)), nil)
        case "containsIP": return estimate(4 + second.cost, nil)
        case "containsCIDR": return estimate(7 + second.cost, nil)
        case "validate": return estimate(max(1, second.cost), nil)
        case "check": return estimate(RuleCost.check, nil)
        default: return nil
        }
    }

    private static func list(
        _ function: String, _ arguments: [RuleChecker.Part], _ first: RuleSize, _ second: RuleSize, _ estimate: Maker
    ) -> RuleEstimate {
        let elements = first.count * (1 + (isText(first, arguments) ? first.element.cost : 0))
        switch function {
        case "indexOf", "lastIndexOf":
            if case .string? = arguments.first?.type { return estimate(first.cost, nil) }
            return estimate(elements, nil)
        case "isSorted", "sum": return estimate(elements, nil)
        case "min", "max": return estimate(elements, first.element)
        case "first", "last": return estimate(1, first.element)
        case "sort": return estimate(RuleCost.sorting(first.count) * max(1, first.element.cost), first)
        case "distinct": return estimate(first.count * first.count * max(1, first.element.cost), first)
        case "reverse", "slice", "optional.unwrap", "unwrapOpt": return estimate(first.count, first)
        case "flatten":
            let inner = first.element
            let count = arguments.count > 1 ? RuleSize.unknown.count : first.count * inner.count
            return estimate(first.count + count, RuleSize(count, element: inner.element))
        case "join":
            let separator = arguments.count > 1 ? second.count : 0
            let count = first.count * (first.element.count + separator)
            return estimate(RuleCost.traversal(2 * count), RuleSize(count))
        case "lists.range":
            guard case .literal(.plain(.int(let number)))? = arguments.first?.expression else {
                return estimate(RuleSize.unknown.count, RuleSize(RuleSize.unknown.count, element: .one))
            }
            return estimate(max(1, Double(number)), RuleSize(max(0, Double(number)), element: .one))
        case "sets.contains", "sets.intersects": return estimate(1 + first.count * second.count, nil)
        case "sets.equivalent": return estimate(1 + 2 * first.count * second.count, nil)
        default: return estimate(1, nil)
        }
    }

    /// Whether the elements of a list take longer to look at the longer they are.
    private static func isText(_ list: RuleSize, _ arguments: [RuleChecker.Part]) -> Bool {
        switch arguments.first?.type {
        case .list(.string)?, .list(.bytes)?, .list(.dyn)?, .dyn?: true
        default: false
        }
    }

    /// The parts of a loop are asked for each element.
    ///
    /// - Parameter isMap: whether the range is one: then its keys are what is left of it.
    static func loop(
        _ macro: RuleSyntax.Macro, _ range: RuleEstimate, isMap: Bool, _ bodies: [RuleEstimate]
    ) -> RuleEstimate {
        let body = bodies.reduce(0) { $0 + $1.cost }
        if macro == .optMap || macro == .optFlatMap {
            return RuleEstimate(cost: range.cost + body + RuleCost.start(of: macro), size: bodies[0].size)
        }
        let count = range.size.count
        let result = bodies.last?.size ?? .one
        let size: RuleSize =
            switch macro {
            case .all, .exists, .existsOne: .one
            case .filter: RuleSize(count, element: isMap ? range.size.key : range.size.element)
            case .transformMap: RuleSize(count, element: result, key: range.size.key)
            case .transformMapEntry: RuleSize(count * result.count, element: result.element, key: result.key)
            case .map, .transformList, .optMap, .optFlatMap: RuleSize(count, element: result)
            }
        let cost = range.cost + RuleCost.start(of: macro) + count * (body + RuleCost.step(of: macro))
        return RuleEstimate(cost: min(cost, RuleSize.unknown.count), size: size)
    }
}
