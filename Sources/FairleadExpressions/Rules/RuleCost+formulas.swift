import FairleadModel

/// What Kubernetes charges for a call, by the sizes of its arguments.
///
/// Reference: cel-go `interpreter/runtimecost.go`; k8s.io/apiserver `pkg/cel/library/cost.go`.
extension RuleCost {
    /// For asking an authorizer: an expression can afford two.
    static let check = 350_000.0

    /// A tenth for each byte, element or member.
    static func traversal(_ count: Double) -> Double { (count / 10).rounded(.up) }
    static func traversal(_ count: Int) -> Int { (count +| 9) / 10 }

    /// A guess at how many expressions there are in a pattern.
    static func expressions(_ count: Double) -> Double { (count / 4).rounded(.up) }
    static func expressions(_ count: Int) -> Int { (count +| 3) / 4 }

    /// The comparisons that sorting takes.
    static func sorting(_ count: Double) -> Double { count < 1 ? 0 : count * (count.exponentBase + 1) }
    static func sorting(_ count: Int) -> Int { count *| (Int.bitWidth - count.leadingZeroBitCount) }

    static func start(of macro: RuleSyntax.Macro) -> Double {
        switch macro {
        case .all, .exists: 1
        case .existsOne: 2
        case .filter, .map, .transformList: 11
        case .transformMap, .transformMapEntry: 31
        case .optMap, .optFlatMap: 3
        }
    }

    /// For each element, besides what is asked about it.
    static func step(of macro: RuleSyntax.Macro) -> Double {
        switch macro {
        case .all: 3
        case .exists: 4
        case .existsOne, .transformMapEntry: 2
        case .filter: 13
        case .map, .transformList: 12
        case .transformMap: 3
        case .optMap, .optFlatMap: 0
        }
    }

    static func size(of value: RuleValue) -> Int {
        switch value {
        case .plain(.string(let text)): text.utf8.count
        case .plain(.array(let list)): list.count
        case .plain(.object(let object)): object.count
        case .bytes(let bytes): bytes.count
        case .list(let list): list.count
        case .map(let pairs): pairs.count
        case .optional(let inner?): size(of: inner)
        default: 1
        }
    }

    /// For `==` and `<`. Objects of a schema count as one thing, as they do in the estimate.
    static func comparison(_ left: RuleValue, _ right: RuleValue) -> Int {
        let least = min(size(of: left), size(of: right))
        switch (left, right) {
        case (.plain(.object), _), (_, .plain(.object)), (.map, _), (_, .map): return min(1, least)
        default: return traversal(least)
        }
    }

    static func operation(_ sign: RuleExpression.Operator, _ left: RuleValue, _ right: RuleValue) -> Int {
        switch sign {
        case .equal, .notEqual, .less, .atMost, .greater, .atLeast: return comparison(left, right)
        case .isIn: return right.count ?? 1
        case .plus:
            switch left {
            case .plain(.string), .plain(.array), .bytes, .list: return traversal(size(of: left) +| size(of: right))
            default: return 1
            }
        case .minus, .times, .divided, .modulo: return 1
        }
    }

    static func search(_ text: Int, _ pattern: Int) -> Int { traversal(text +| 1) *| expressions(pattern) }

    static func call(_ name: String, _ arguments: [RuleValue]) -> Int {
        guard let value = arguments.first else { return 1 }
        let first = size(of: value)
        let second = arguments.count > 1 ? size(of: arguments[1]) : 0
        switch name {
        case "matches", "find", "findAll": return search(first, second)
        case "startsWith", "endsWith": return traversal(second)
        case "contains": return traversal(first) *| traversal(second)
        case "lowerAscii", "upperAscii", "trim", "substring", "charAt", "strings.quote", "jsonpatch.escapeKey":
            return traversal(first)
        case "split", "replace": return traversal(2 *| first)
        case "bytes", "string", "format", "url", "isURL", "isIP", "cidr", "isCIDR", "quantity", "isQuantity",
            "semver", "isSemver", "timestamp", "duration", "int", "uint", "double", "ip":
            return traversal(first)
        case "ip.isCanonical": return traversal(2 *| first)
        case "containsIP": return 4 +| traversal(second)
        case "containsCIDR": return 7 +| traversal(second)
        case "validate": return traversal(second)
        case "check": return Int(check)
        default: return list(name, value, first, second)
        }
    }

    private static func list(_ name: String, _ value: RuleValue, _ first: Int, _ second: Int) -> Int {
        switch name {
        case "indexOf", "lastIndexOf", "isSorted", "sum", "min", "max":
            guard value.count != nil else { return traversal(first) }
            return first *| (1 +| traversal(longestText(value)))
        case "sort": return sorting(first) *| max(1, traversal(longestText(value)))
        case "distinct": return first *| first *| max(1, traversal(longestText(value)))
        case "reverse", "slice", "optional.unwrap", "unwrapOpt": return first
        case "flatten":
            return first +| (0..<first).reduce(0) { $0 +| (value.count == nil ? 0 : value.element($1).count ?? 0) }
        case "join":
            guard value.count != nil else { return 1 }
            let texts = (0..<first).reduce(0) { $0 +| size(of: value.element($1)) }
            return traversal(2 *| (texts +| first *| second))
        case "lists.range":
            if case .plain(.int(let number)) = value { return Int(clamping: max(1, number)) }
            return 1
        case "sets.contains", "sets.intersects": return 1 +| first *| second
        case "sets.equivalent": return 1 +| 2 *| first *| second
        default: return 1
        }
    }

    /// 0 for a list of anything else.
    private static func longestText(_ list: RuleValue) -> Int {
        (0..<(list.count ?? 0)).reduce(0) { most, index in
            switch list.element(index) {
            case .plain(.string(let text)): max(most, text.utf8.count)
            case .bytes(let bytes): max(most, bytes.count)
            default: most
            }
        }
    }
}

extension Double {
    /// The whole part of the logarithm to base 2.
    fileprivate var exponentBase: Double { Double(exponent) }
}
