import FairleadModel
import FairleadRandomTesting

@testable import FairleadExpressions

/// Expressions made up by type, and data that a schema describes.
struct RandomExpressions {
    var numbers: SplitMix64

    init(seed: UInt64) { numbers = SplitMix64(seed: seed) }

    enum Kind: CaseIterable {
        case bool, int, uint, double, string, bytes, timestamp, duration, ints, strings, map, optional
    }

    static let declaration = RuleDeclaration(
        .object([
            "b": RuleDeclaration(.bool, minimumSize: 4), "i": RuleDeclaration(.int, minimumSize: 1),
            "d": RuleDeclaration(.double, minimumSize: 1),
            "s": RuleDeclaration(.string, maximum: 40, minimumSize: 2),
            "t": RuleDeclaration(.timestamp, minimumSize: 22), "u": RuleDeclaration(.duration, minimumSize: 4),
            "n": RuleDeclaration(.list(RuleDeclaration(.int, minimumSize: 1), keys: .none), maximum: 6, minimumSize: 2),
            "l": RuleDeclaration(
                .list(RuleDeclaration(.string, maximum: 12, minimumSize: 2), keys: .none), maximum: 5, minimumSize: 2),
            "m": RuleDeclaration(.map(RuleDeclaration(.int, minimumSize: 1)), maximum: 4, minimumSize: 2),
        ]), minimumSize: 2)

    mutating func data() -> Value {
        func text(_ most: Int) -> Value { .string(String("é1a,b c-XyZ09.".prefix(below(most)))) }
        return [
            "b": .bool(below(2) == 0), "i": .int(number()), "d": .double([0, -1.5, 1e300, 2][below(4)]), "s": text(13),
            "t": ["2020-02-29T12:30:45.5Z", "0001-01-01T00:00:00Z", "9999-12-31T23:59:59Z"][below(3)],
            "u": ["1h", "-2m", "9223372036s", "0s"][below(4)],
            "n": .array((0..<below(7)).map { _ in .int(number()) }),
            "l": .array((0..<below(6)).map { _ in text(6) }),
            "m": .object(Object((0..<below(5)).map { (["a", "b", "c", "d", "e"][$0], .int(number())) })),
        ]
    }

    private mutating func below(_ count: Int) -> Int { Int.random(in: 0..<count, using: &numbers) }

    private mutating func number() -> Int64 {
        [0, 1, 2, -1, 7, 100, .max, .min, 1 << 53 + 1, 3][below(10)]
    }

    private mutating func one(of choices: String...) -> String { choices[below(choices.count)] }

    /// An expression of a kind. `x` stands for a number and `y` for a text where they are bound.
    mutating func expression(_ kind: Kind, depth: Int = 4, _ bound: Set<Kind> = []) -> String {
        if depth <= 0 || below(8) == 0 { return leaf(kind, bound) }
        func make(_ kind: Kind) -> String { expression(kind, depth: depth - 1, bound) }
        if below(12) == 0 { return "(\(make(.bool)) ? \(make(kind)) : \(make(kind)))" }
        switch kind {
        case .bool: return truth(depth - 1, bound)
        case .int: return integer(depth - 1, bound)
        case .uint:
            switch below(3) {
            case 0: return "uint(\(make(.int)))"
            case 1: return "[\(make(.uint)), \(make(.uint))].\(one(of: "sum", "min", "max"))()"
            default: return "(\(make(.uint)) \(one(of: "+", "-", "*", "/", "%")) \(make(.uint)))"
            }
        case .double:
            switch below(3) {
            case 0: return "double(\(make(.int)))"
            case 1: return "[\(make(.double))].filter(z, z > \(make(.double))).sum()"
            default: return "(\(make(.double)) \(one(of: "+", "-", "*", "/")) \(make(.double)))"
            }
        case .string: return text(depth - 1, bound)
        case .bytes: return below(2) == 0 ? "bytes(\(make(.string)))" : "(\(make(.bytes)) + \(make(.bytes)))"
        case .timestamp:
            return below(3) == 0
                ? "timestamp(\(make(.int)))" : "(\(make(.timestamp)) \(one(of: "+", "-")) \(make(.duration)))"
        case .duration:
            switch below(3) {
            case 0: return "duration(\(make(.int)))"
            case 1: return "(\(make(.timestamp)) - \(make(.timestamp)))"
            default: return "(\(make(.duration)) \(one(of: "+", "-")) \(make(.duration)))"
            }
        case .ints: return ints(depth - 1, bound)
        case .strings: return strings(depth - 1, bound)
        case .map:
            return below(2) == 0
                ? "{\(make(.string)): \(make(.int))}" : "\(make(.map)).transformMap(k, v, v > 0, v + \(make(.int)))"
        case .optional:
            switch below(5) {
            case 0: return "optional.of(\(make(.int)))"
            case 1: return "\(make(.map))[?\(make(.string))]"
            case 2: return "\(make(.ints))[?\(make(.int))]"
            case 3: return "\(make(.optional)).or(\(make(.optional)))"
            default:
                return "\(make(.optional)).optMap(x, \(expression(.int, depth: depth - 1, bound.union([.int]))))"
            }
        }
    }

    private mutating func leaf(_ kind: Kind, _ bound: Set<Kind>) -> String {
        if bound.contains(kind), below(2) == 0 { return kind == .int ? "x" : "y" }
        switch kind {
        case .bool: return one(of: "true", "false", "self.b")
        case .int: return one(of: "0", "1", "-1", "7", "self.i", "9223372036854775807", "self.n.size()")
        case .uint: return one(of: "0u", "1u", "18446744073709551615u")
        case .double: return one(of: "0.0", "1.5", "-2.0", "1e300", "self.d")
        case .string: return one(of: "''", "'a'", "'a,b'", "'é1'", "self.s", "'a long text with some words in it'")
        case .bytes: return one(of: "b''", "b'a\\xff'")
        case .timestamp: return one(of: "self.t", "timestamp('2020-01-01T00:00:00Z')")
        case .duration: return one(of: "self.u", "duration('90s')")
        case .ints: return one(of: "self.n", "[1, 2, 3]", "[0]", "lists.range(4)")
        case .strings: return one(of: "self.l", "['a', 'b']", "['']", "'a,b'.split(',')")
        case .map: return one(of: "self.m", "{'a': 1}", "{'a': 1, 'b': 0}")
        case .optional: return one(of: "optional.of(1)", "self.m[?'a']", "self.?i", "optional.none()")
        }
    }

    private mutating func truth(_ depth: Int, _ bound: Set<Kind>) -> String {
        func make(_ kind: Kind) -> String { expression(kind, depth: depth, bound) }
        func withX(_ kind: Kind) -> String { expression(kind, depth: depth, bound.union([.int])) }
        func withY(_ kind: Kind) -> String { expression(kind, depth: depth, bound.union([.string])) }
        switch below(14) {
        case 0: return "(\(make(.bool)) \(one(of: "&&", "||", "==", "!=")) \(make(.bool)))"
        case 1: return "!\(make(.bool))"
        case 2:
            let kind = Kind.allCases[below(8)]
            return "(\(make(kind)) \(one(of: "<", "<=", ">", ">=", "==", "!=")) \(make(kind)))"
        case 3:
            let kind = Kind.allCases[8 + below(4)]
            return "(\(make(kind)) == \(make(kind)))"
        case 4: return "(\(make(.int)) \(one(of: "<", ">=", "==")) dyn(\(make(.uint))))"
        case 5: return "(\(make(.string)) in \(make(.strings)))"
        case 6: return "(\(make(.string)) in \(make(.map)))"
        case 7: return "\(make(.ints)).\(one(of: "all", "exists", "exists_one"))(x, \(withX(.bool)))"
        case 8: return "\(make(.strings)).\(one(of: "all", "exists"))(y, \(withY(.bool)))"
        case 9: return "\(make(.string)).\(one(of: "contains", "startsWith", "endsWith"))(\(make(.string)))"
        case 10: return "\(make(.string)).matches('\(one(of: "a*", "^.+$", "[0-9a-z]+,", "(a|b)*c"))')"
        case 11: return "sets.\(one(of: "contains", "equivalent", "intersects"))(\(make(.ints)), \(make(.ints)))"
        case 12: return "\(make(.strings)).isSorted()"
        default: return "\(make(.optional)).hasValue()"
        }
    }

    private mutating func integer(_ depth: Int, _ bound: Set<Kind>) -> String {
        func make(_ kind: Kind) -> String { expression(kind, depth: depth, bound) }
        switch below(12) {
        case 0...2: return "(\(make(.int)) \(one(of: "+", "-", "*", "/", "%")) \(make(.int)))"
        case 3: return "-(\(make(.int)))"
        case 4: return "size(\(make(Kind.allCases[[4, 5, 8, 9, 10][below(5)]])))"
        case 5: return "\(make(.ints)).\(one(of: "sum", "min", "max"))()"
        case 6: return "\(make(.timestamp)).\(one(of: "getFullYear", "getMonth", "getDayOfYear", "getHours"))()"
        case 7: return "\(make(.duration)).\(one(of: "getHours", "getSeconds", "getMilliseconds"))()"
        case 8: return "\(make(.string)).\(one(of: "indexOf", "lastIndexOf"))(\(make(.string)))"
        case 9: return "\(make(.ints))[\(make(.int))]"
        case 10: return "int(\(make([.uint, .double, .string, .duration, .timestamp][below(5)])))"
        default: return "\(make(.optional)).orValue(\(make(.int)))"
        }
    }

    private mutating func text(_ depth: Int, _ bound: Set<Kind>) -> String {
        func make(_ kind: Kind) -> String { expression(kind, depth: depth, bound) }
        switch below(11) {
        case 0: return "(\(make(.string)) + \(make(.string)))"
        case 1: return "string(\(make([.bool, .int, .uint, .double, .bytes, .timestamp, .duration][below(7)])))"
        case 2: return "\(make(.string)).\(one(of: "lowerAscii", "upperAscii", "trim"))()"
        case 3: return "\(make(.string)).substring(\(make(.int)))"
        case 4: return "\(make(.string)).charAt(\(make(.int)))"
        case 5: return "\(make(.string)).replace(\(make(.string)), \(make(.string)))"
        case 6: return "\(make(.strings)).join(\(make(.string)))"
        case 7: return "'%s and %d'.format([dyn(\(make(.double))), dyn(\(make(.int)))])"
        case 8: return "\(make(.string)).find('\(one(of: "a+", "[a-z]*", "b|,"))')"
        case 9: return "strings.quote(\(make(.string)))"
        default: return "\(make(.strings))[\(make(.int))]"
        }
    }

    private mutating func ints(_ depth: Int, _ bound: Set<Kind>) -> String {
        func make(_ kind: Kind) -> String { expression(kind, depth: depth, bound) }
        func withX(_ kind: Kind) -> String { expression(kind, depth: depth, bound.union([.int])) }
        switch below(9) {
        case 0: return "[\(make(.int)), \(make(.int))]"
        case 1: return "(\(make(.ints)) + \(make(.ints)))"
        case 2: return "\(make(.ints)).filter(x, \(withX(.bool)))"
        case 3: return "\(make(.ints)).map(x, \(withX(.int)))"
        case 4: return "\(make(.ints)).\(one(of: "sort", "reverse", "distinct"))()"
        case 5: return "\(make(.ints)).slice(\(make(.int)), \(make(.int)))"
        case 6: return "[\(make(.ints)), \(make(.ints))].flatten()"
        case 7: return "\(make(.ints)).transformList(i, x, i + \(withX(.int)))"
        default: return "[?\(make(.optional)), \(make(.int))]"
        }
    }

    private mutating func strings(_ depth: Int, _ bound: Set<Kind>) -> String {
        func make(_ kind: Kind) -> String { expression(kind, depth: depth, bound) }
        switch below(7) {
        case 0: return "[\(make(.string)), \(make(.string))]"
        case 1: return "\(make(.string)).split(\(make(.string)))"
        case 2: return "\(make(.string)).findAll('\(one(of: "[a-z]", "x*", "a|b"))')"
        case 3: return "\(make(.strings)).\(one(of: "sort", "reverse", "distinct"))()"
        case 4: return "\(make(.map)).map(k, k + \(make(.string)))"
        case 5: return "\(make(.strings)).filter(y, \(expression(.bool, depth: depth, bound.union([.string]))))"
        default: return "(\(make(.strings)) + \(make(.strings)))"
        }
    }
}
