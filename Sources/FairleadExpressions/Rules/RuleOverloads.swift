/// One way to call a function: what it takes and gives.
struct RuleOverload: Sendable {
    let isMethod: Bool
    let parameters: [RuleType]
    let result: RuleType

    /// All functions that rules of definitions may call, by name.
    ///
    /// Reference: cel-go `common/stdlib` and `ext` (strings 2, sets, lists, two-variable comprehensions, optional types);
    /// k8s.io/apiserver `pkg/cel/library`.
    static let all: [String: [RuleOverload]] = {
        var all: [String: [RuleOverload]] = [:]
        for (name, overloads) in operators + conversions + texts + times + lists + networks + access + others {
            all[name, default: []] += overloads
        }
        return all
    }()

    private typealias Entry = (String, [RuleOverload])

    private static let a = RuleType.parameter(0)
    private static let b = RuleType.parameter(1)

    private static func f(_ parameters: RuleType..., to result: RuleType) -> RuleOverload {
        RuleOverload(isMethod: false, parameters: parameters, result: result)
    }

    private static func m(_ parameters: RuleType..., to result: RuleType) -> RuleOverload {
        RuleOverload(isMethod: true, parameters: parameters, result: result)
    }

    private static let operators: [Entry] = {
        let ordered: [RuleType] = [.bool, .int, .uint, .double, .string, .bytes, .timestamp, .duration]
        var comparisons = ordered.map { f($0, $0, to: .bool) }
        let numbers: [RuleType] = [.int, .uint, .double]
        for left in numbers {
            for right in numbers where left != right { comparisons.append(f(left, right, to: .bool)) }
        }
        let arithmetic = numbers.map { f($0, $0, to: $0) }
        let optionalA = RuleType.optional(a)
        return [
            ("_==_", [f(a, a, to: .bool)]), ("_!=_", [f(a, a, to: .bool)]), ("_<_", comparisons), ("_<=_", comparisons),
            ("_>_", comparisons), ("_>=_", comparisons),
            (
                "_+_",
                arithmetic + [
                    f(.string, .string, to: .string), f(.bytes, .bytes, to: .bytes),
                    f(.list(a), .list(a), to: .list(a)),
                    f(.timestamp, .duration, to: .timestamp), f(.duration, .timestamp, to: .timestamp),
                    f(.duration, .duration, to: .duration),
                ]
            ),
            (
                "_-_",
                arithmetic + [
                    f(.timestamp, .timestamp, to: .duration), f(.timestamp, .duration, to: .timestamp),
                    f(.duration, .duration, to: .duration),
                ]
            ),
            ("_*_", arithmetic), ("_/_", arithmetic), ("_%_", [f(.int, .int, to: .int), f(.uint, .uint, to: .uint)]),
            ("-_", [f(.int, to: .int), f(.double, to: .double)]), ("!_", [f(.bool, to: .bool)]),
            ("@in", [f(a, .list(a), to: .bool), f(a, .map(a, b), to: .bool)]),
            (
                "_[_]",
                [
                    f(.list(a), .int, to: a), f(.map(a, b), a, to: b), f(.optional(.list(a)), .int, to: optionalA),
                    f(.optional(.map(a, b)), a, to: .optional(b)),
                ]
            ),
            (
                "_[?_]",
                [
                    f(.list(a), .int, to: optionalA), f(.map(a, b), a, to: .optional(b)),
                    f(.optional(.list(a)), .int, to: optionalA), f(.optional(.map(a, b)), a, to: .optional(b)),
                ]
            ),
            ("_?_:_", [f(.bool, a, a, to: a)]),
        ]
    }()

    private static let conversions: [Entry] = [
        (
            "size",
            ([.string, .bytes, .list(a), .map(a, b)] as [RuleType]).flatMap { [f($0, to: .int), m($0, to: .int)] }
        ),
        ("type", [f(a, to: .type(a))]), ("dyn", [f(a, to: .dyn)]),
        ("bool", [f(.bool, to: .bool), f(.string, to: .bool)]),
        ("int", ([.int, .uint, .double, .string, .timestamp, .duration] as [RuleType]).map { f($0, to: .int) }),
        ("uint", ([.int, .uint, .double, .string] as [RuleType]).map { f($0, to: .uint) }),
        ("double", ([.int, .uint, .double, .string] as [RuleType]).map { f($0, to: .double) }),
        (
            "string",
            ([.string, .bool, .int, .uint, .double, .bytes, .timestamp, .duration, .ip, .cidr] as [RuleType]).map {
                f($0, to: .string)
            }
        ),
        ("bytes", [f(.bytes, to: .bytes), f(.string, to: .bytes)]),
        ("timestamp", ([.timestamp, .string, .int] as [RuleType]).map { f($0, to: .timestamp) }),
        ("duration", ([.duration, .string, .int] as [RuleType]).map { f($0, to: .duration) }),
    ]

    private static let texts: [Entry] = [
        ("matches", [f(.string, .string, to: .bool), m(.string, .string, to: .bool)]),
        ("contains", [m(.string, .string, to: .bool)]), ("startsWith", [m(.string, .string, to: .bool)]),
        ("endsWith", [m(.string, .string, to: .bool)]), ("charAt", [m(.string, .int, to: .string)]),
        ("indexOf", [m(.string, .string, to: .int), m(.string, .string, .int, to: .int), m(.list(a), a, to: .int)]),
        (
            "lastIndexOf",
            [m(.string, .string, to: .int), m(.string, .string, .int, to: .int), m(.list(a), a, to: .int)]
        ),
        ("lowerAscii", [m(.string, to: .string)]), ("upperAscii", [m(.string, to: .string)]),
        ("trim", [m(.string, to: .string)]),
        ("replace", [m(.string, .string, .string, to: .string), m(.string, .string, .string, .int, to: .string)]),
        ("split", [m(.string, .string, to: .list(.string)), m(.string, .string, .int, to: .list(.string))]),
        ("substring", [m(.string, .int, to: .string), m(.string, .int, .int, to: .string)]),
        ("join", [m(.list(.string), to: .string), m(.list(.string), .string, to: .string)]),
        ("format", [m(.string, .list(.dyn), to: .string)]), ("strings.quote", [f(.string, to: .string)]),
        ("find", [m(.string, .string, to: .string)]),
        ("findAll", [m(.string, .string, to: .list(.string)), m(.string, .string, .int, to: .list(.string))]),
    ]

    private static let times: [Entry] = {
        let parts = [
            "getFullYear", "getMonth", "getDayOfYear", "getDayOfMonth", "getDate", "getDayOfWeek", "getHours",
            "getMinutes",
            "getSeconds", "getMilliseconds",
        ]
        return parts.map { ($0, [m(.timestamp, to: .int), m(.timestamp, .string, to: .int)]) }
            + parts.suffix(4).map { ($0, [m(.duration, to: .int)]) }
    }()

    private static let lists: [Entry] = {
        let ordered: [RuleType] = [.int, .uint, .double, .bool, .duration, .timestamp, .string, .bytes]
        let summable: [RuleType] = [.int, .uint, .double, .duration]
        return [
            ("isSorted", ordered.map { m(.list($0), to: .bool) }), ("sum", summable.map { m(.list($0), to: $0) }),
            ("min", ordered.map { m(.list($0), to: $0) }), ("max", ordered.map { m(.list($0), to: $0) }),
            ("sets.contains", [f(.list(a), .list(a), to: .bool)]),
            ("sets.equivalent", [f(.list(a), .list(a), to: .bool)]),
            ("sets.intersects", [f(.list(a), .list(a), to: .bool)]), ("lists.range", [f(.int, to: .list(.int))]),
            ("slice", [m(.list(a), .int, .int, to: .list(a))]), ("distinct", [m(.list(a), to: .list(a))]),
            ("reverse", [m(.list(a), to: .list(a))]), ("sort", ordered.map { m(.list($0), to: .list($0)) }),
            ("flatten", [m(.list(.list(a)), to: .list(a)), m(.list(.dyn), .int, to: .list(.dyn))]),
            ("first", [m(.list(a), to: .optional(a))]), ("last", [m(.list(a), to: .optional(a))]),
        ]
    }()

    private static let networks: [Entry] = [
        ("url", [f(.string, to: .url)]), ("isURL", [f(.string, to: .bool)]),
        ("getScheme", [m(.url, to: .string)]), ("getHost", [m(.url, to: .string)]),
        ("getHostname", [m(.url, to: .string)]), ("getPort", [m(.url, to: .string)]),
        ("getEscapedPath", [m(.url, to: .string)]), ("getQuery", [m(.url, to: .map(.string, .list(.string)))]),
        ("ip", [f(.string, to: .ip), m(.cidr, to: .ip)]), ("isIP", [f(.string, to: .bool)]),
        ("ip.isCanonical", [f(.string, to: .bool)]), ("family", [m(.ip, to: .int)]),
        ("isUnspecified", [m(.ip, to: .bool)]), ("isLoopback", [m(.ip, to: .bool)]),
        ("isLinkLocalMulticast", [m(.ip, to: .bool)]), ("isLinkLocalUnicast", [m(.ip, to: .bool)]),
        ("isGlobalUnicast", [m(.ip, to: .bool)]), ("cidr", [f(.string, to: .cidr)]),
        ("isCIDR", [f(.string, to: .bool)]),
        ("containsIP", [m(.cidr, .string, to: .bool), m(.cidr, .ip, to: .bool)]),
        ("containsCIDR", [m(.cidr, .string, to: .bool), m(.cidr, .cidr, to: .bool)]),
        ("prefixLength", [m(.cidr, to: .int)]), ("masked", [m(.cidr, to: .cidr)]),
    ]

    private static let access: [Entry] = [
        ("path", [m(.authorizer, .string, to: .pathCheck)]), ("group", [m(.authorizer, .string, to: .groupCheck)]),
        ("serviceAccount", [m(.authorizer, .string, .string, to: .authorizer)]),
        ("resource", [m(.groupCheck, .string, to: .resourceCheck)]),
        ("subresource", [m(.resourceCheck, .string, to: .resourceCheck)]),
        ("namespace", [m(.resourceCheck, .string, to: .resourceCheck)]),
        ("name", [m(.resourceCheck, .string, to: .resourceCheck)]),
        ("fieldSelector", [m(.resourceCheck, .string, to: .resourceCheck)]),
        ("labelSelector", [m(.resourceCheck, .string, to: .resourceCheck)]),
        ("check", [m(.pathCheck, .string, to: .decision), m(.resourceCheck, .string, to: .decision)]),
        ("errored", [m(.decision, to: .bool)]), ("error", [m(.decision, to: .string)]),
        ("allowed", [m(.decision, to: .bool)]), ("reason", [m(.decision, to: .string)]),
        ("jsonpatch.escapeKey", [f(.string, to: .string)]),
    ]

    private static let others: [Entry] = {
        let formats = RuleFormat.functions.map { ("format." + $0, [f(to: .format)]) }
        return formats + [
            ("quantity", [f(.string, to: .quantity)]), ("isQuantity", [f(.string, to: .bool)]),
            // Not a method, unlike its neighbours.
            ("sign", [f(.quantity, to: .int)]), ("isInteger", [m(.quantity, to: .bool)]),
            ("asInteger", [m(.quantity, to: .int)]), ("asApproximateFloat", [m(.quantity, to: .double)]),
            ("add", [m(.quantity, .quantity, to: .quantity), m(.quantity, .int, to: .quantity)]),
            ("sub", [m(.quantity, .quantity, to: .quantity), m(.quantity, .int, to: .quantity)]),
            ("isLessThan", [m(.quantity, .quantity, to: .bool), m(.semver, .semver, to: .bool)]),
            ("isGreaterThan", [m(.quantity, .quantity, to: .bool), m(.semver, .semver, to: .bool)]),
            ("compareTo", [m(.quantity, .quantity, to: .int), m(.semver, .semver, to: .int)]),
            ("semver", [f(.string, to: .semver), f(.string, .bool, to: .semver)]),
            ("isSemver", [f(.string, to: .bool), f(.string, .bool, to: .bool)]),
            ("major", [m(.semver, to: .int)]), ("minor", [m(.semver, to: .int)]), ("patch", [m(.semver, to: .int)]),
            ("format.named", [f(.string, to: .optional(.format))]),
            ("validate", [m(.format, .string, to: .optional(.list(.string)))]),
            ("optional.of", [f(a, to: .optional(a))]), ("optional.ofNonZeroValue", [f(a, to: .optional(a))]),
            ("optional.none", [f(to: .optional(a))]), ("hasValue", [m(.optional(a), to: .bool)]),
            ("value", [m(.optional(a), to: a)]), ("or", [m(.optional(a), .optional(a), to: .optional(a))]),
            ("orValue", [m(.optional(a), a, to: a)]), ("optional.unwrap", [f(.list(.optional(a)), to: .list(a))]),
            ("unwrapOpt", [m(.list(.optional(a)), to: .list(a))]),
        ]
    }()
}
