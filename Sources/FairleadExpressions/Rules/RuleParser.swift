import FairleadModel

/// Parses CEL syntax. Whatever is not supported here (other libraries, bytes, unsigned numbers) is an error.
///
/// Expressions have the same limits as in cel-go: 100,000 code points, and 250 levels of nesting for each rule of the
/// grammar. Chains count, because they nest to the left: `a + b + c` is a sum within a sum. This also bounds the depth
/// of walks over parsed expressions.
struct RuleParser {
    private let text: [Unicode.Scalar]
    private var position = 0
    private var expressions = Depth()
    private var relations = Depth()
    private var sums = Depth()
    private var members = Depth()

    private static let maximumSize = 100_000

    /// How deeply a rule of the grammar is nested in itself.
    private struct Depth {
        private(set) var count = 0
        private static let limit = 250

        mutating func enter() throws(RuleError) {
            count += 1
            if count > Self.limit { throw RuleError("expression recursion limit exceeded: \(Self.limit)", .tooLarge) }
        }
        mutating func leave(to outer: Depth) { self = outer }
    }

    static func parse(_ text: String) throws(RuleError) -> RuleExpression {
        let scalars = Array(text.unicodeScalars)
        guard scalars.count <= maximumSize else {
            throw RuleError(
                "expression code point size exceeds limit: size: \(scalars.count), limit \(maximumSize)", .tooLarge)
        }
        var parser = RuleParser(text: scalars)
        let expression = try parser.conditional()
        parser.skipSpace()
        guard parser.position == parser.text.count else { throw RuleError("syntax error") }
        return expression
    }

    private init(text: [Unicode.Scalar]) { self.text = text }

    private mutating func skipSpace() {
        while position < text.count {
            if text[position].properties.isWhitespace {
                position += 1
            } else if starts(with: "//") {
                while position < text.count, text[position] != "\n" { position += 1 }
            } else {
                return
            }
        }
    }

    private func starts(with word: String) -> Bool {
        text[position...].starts(with: word.unicodeScalars)
    }

    private mutating func take(_ word: String) -> Bool {
        skipSpace()
        guard starts(with: word) else { return false }
        position += word.unicodeScalars.count
        return true
    }

    private mutating func expect(_ word: String) throws(RuleError) {
        guard take(word) else { throw RuleError("syntax error: expected \(word)") }
    }

    private mutating func conditional() throws(RuleError) -> RuleExpression {
        let outer = expressions
        try expressions.enter()
        defer { expressions.leave(to: outer) }
        let test = try disjunction()
        guard take("?") else { return test }
        let yes = try disjunction()
        try expect(":")
        return .conditional(test, yes, try conditional())
    }

    private mutating func disjunction() throws(RuleError) -> RuleExpression {
        var operands = [try conjunction()]
        while take("||") { operands.append(try conjunction()) }
        return operands.count == 1 ? operands[0] : .or(operands)
    }

    private mutating func conjunction() throws(RuleError) -> RuleExpression {
        var operands = [try relation()]
        while take("&&") { operands.append(try relation()) }
        return operands.count == 1 ? operands[0] : .and(operands)
    }

    private mutating func relation() throws(RuleError) -> RuleExpression {
        let outer = relations
        try relations.enter()
        defer { relations.leave(to: outer) }
        var left = try sum()
        while let sign = relationSign() {
            try relations.enter()
            left = .binary(sign, left, try sum())
        }
        return left
    }

    private mutating func relationSign() -> RuleExpression.Operator? {
        for sign in [RuleExpression.Operator.equal, .notEqual, .atMost, .atLeast, .less, .greater]
        where take(sign.rawValue) {
            return sign
        }
        skipSpace()
        guard starts(with: "in"), position + 2 >= text.count || !Self.isWord(text[position + 2]) else { return nil }
        position += 2
        return .isIn
    }

    private mutating func sum() throws(RuleError) -> RuleExpression {
        let outer = sums
        try sums.enter()
        defer { sums.leave(to: outer) }
        var left = try product()
        while let sign = sign(of: [.plus, .minus]) {
            try sums.enter()
            left = .binary(sign, left, try product())
        }
        return left
    }

    private mutating func sign(of signs: [RuleExpression.Operator]) -> RuleExpression.Operator? {
        for sign in signs where take(sign.rawValue) { return sign }
        return nil
    }

    private mutating func product() throws(RuleError) -> RuleExpression {
        let outer = sums
        defer { sums.leave(to: outer) }
        var left = try unary()
        while let sign = sign(of: [.times, .divided, .modulo]) {
            try sums.enter()
            left = .binary(sign, left, try unary())
        }
        return left
    }

    private mutating func unary() throws(RuleError) -> RuleExpression {
        skipSpace()
        var count = 0
        if starts(with: "!"), !starts(with: "!=") {
            while take("!") { count += 1 }
            let inner = try member()
            return count.isMultiple(of: 2) ? inner : .not(inner)
        }
        while starts(with: "-") {
            // The sign is part of a number: the smallest integer has no positive counterpart.
            if count == 0, position + 1 < text.count, ("0"..."9").contains(text[position + 1]) { break }
            position += 1
            count += 1
            skipSpace()
        }
        let inner = try member()
        return count.isMultiple(of: 2) ? inner : .negated(inner)
    }

    private mutating func member() throws(RuleError) -> RuleExpression {
        let outer = members
        try members.enter()
        defer { members.leave(to: outer) }
        var value = try primary()
        while true {
            if take(".") {
                try members.enter()
                if starts(with: "?") { throw RuleError("optional fields are not evaluated") }
                let name = try word()
                value = take("(") ? try method(name, on: value) : .field(value, Self.unescaped(name))
            } else if take("[") {
                try members.enter()
                if starts(with: "?") { throw RuleError("optional fields are not evaluated") }
                value = .index(value, try conditional())
                try expect("]")
            } else {
                return value
            }
        }
    }

    private mutating func method(_ name: String, on target: RuleExpression) throws(RuleError) -> RuleExpression {
        if let kind = RuleExpression.Comprehension(rawValue: name) {
            let variable = try word()
            try expect(",")
            let first = try conditional()
            let second = take(",") ? try conditional() : nil
            try expect(")")
            if second != nil, kind != .map { throw RuleError("too many arguments of \(name)") }
            return .comprehension(kind, target, variable: variable, first, second)
        }
        // A function of the sets library looks like a method on a variable `sets`.
        if case .name("sets") = target, RuleFunctions.functions.contains("sets." + name) {
            return .call("sets." + name, target: nil, try arguments(until: ")"))
        }
        guard RuleFunctions.methods.contains(name) else { throw RuleError("undeclared reference to '\(name)'") }
        return try Self.call(name, target, try arguments(until: ")"))
    }

    private static func call(
        _ name: String, _ target: RuleExpression?, _ arguments: [RuleExpression]
    ) throws(RuleError) -> RuleExpression {
        let all = (target.map { [$0] } ?? []) + arguments
        if name == "matches", all.count == 2, case .literal(.string(let text)) = all[1],
            let pattern = try? Pattern(text)  // another one is an error when it is evaluated
        {
            return .matches(all[0], pattern)
        }
        return .call(name, target: target, arguments)
    }

    private mutating func arguments(until end: String) throws(RuleError) -> [RuleExpression] {
        var list: [RuleExpression] = []
        if take(end) { return list }
        repeat {
            list.append(try conditional())
        } while take(",")
        try expect(end)
        return list
    }

    private mutating func primary() throws(RuleError) -> RuleExpression {
        skipSpace()
        guard position < text.count else { throw RuleError("syntax error: unexpected end") }
        if take("(") {
            let inner = try conditional()
            try expect(")")
            return inner
        }
        if take("[") { return Self.list(try arguments(until: "]")) }
        if take("{") { return try map() }
        if text[position] == "\"" || text[position] == "'" { return .literal(.string(try string(isRaw: false))) }
        if ("0"..."9").contains(text[position]) || text[position] == "-" { return .literal(try number()) }
        let isRaw = text[position] == "r" || text[position] == "R"
        if isRaw, position + 1 < text.count, text[position + 1] == "\"" || text[position + 1] == "'" {
            position += 1
            return .literal(.string(try string(isRaw: true)))
        }
        let name = try word()
        switch name {
        case "true": return .literal(true)
        case "false": return .literal(false)
        case "null": return .literal(.null)
        default: break
        }
        guard take("(") else { return .name(name) }
        if name == "has" {
            let argument = try conditional()
            try expect(")")
            guard case .field(let object, let field) = argument else { throw RuleError("invalid argument to has()") }
            return .has(object, field)
        }
        guard RuleFunctions.functions.contains(name) else { throw RuleError("undeclared reference to '\(name)'") }
        return try Self.call(name, nil, try arguments(until: ")"))
    }

    /// A list of literals becomes a literal itself.
    private static func list(_ elements: [RuleExpression]) -> RuleExpression {
        var values: [Value] = []
        for element in elements {
            guard case .literal(let value) = element else { return .list(elements) }
            values.append(value)
        }
        return .literal(.array(values))
    }

    private mutating func map() throws(RuleError) -> RuleExpression {
        var entries: [(RuleExpression, RuleExpression)] = []
        if take("}") { return .map(entries) }
        repeat {
            let key = try conditional()
            try expect(":")
            entries.append((key, try conditional()))
        } while take(",")
        try expect("}")
        return .map(entries)
    }

    private static func isWord(_ scalar: Unicode.Scalar) -> Bool {
        scalar.isASCII && (scalar.properties.isAlphabetic || ("0"..."9").contains(scalar) || scalar == "_")
    }

    private mutating func word() throws(RuleError) -> String {
        skipSpace()
        var result = String.UnicodeScalarView()
        while position < text.count, Self.isWord(text[position]) {
            result.append(text[position])
            position += 1
        }
        guard let first = result.first, !("0"..."9").contains(first) else { throw RuleError("syntax error") }
        return String(result)
    }

    /// Names that are not identifiers are written with escapes.
    private static func unescaped(_ name: String) -> String {
        guard name.contains("__") else { return name }
        let marks = [("__dot__", "."), ("__dash__", "-"), ("__slash__", "/"), ("__underscores__", "__")]
        for (mark, text) in marks where name.contains(mark) {
            return name.replacing(mark, with: text)
        }
        return name.hasPrefix("__") && name.hasSuffix("__") && name.count > 4
            ? String(name.dropFirst(2).dropLast(2)) : name
    }

    private mutating func number() throws(RuleError) -> Value {
        var digits = ""
        var isDouble = false
        if text[position] == "-" {
            digits = "-"
            position += 1
        }
        while position < text.count {
            let scalar = text[position]
            let isSign = (scalar == "+" || scalar == "-") && (digits.last == "e" || digits.last == "E")
            if scalar == ".", position + 1 < text.count, !("0"..."9").contains(text[position + 1]) { break }
            if scalar == "." || scalar == "e" || scalar == "E" { isDouble = true }
            guard ("0"..."9").contains(scalar) || scalar == "." || scalar == "e" || scalar == "E" || isSign else {
                break
            }
            digits.unicodeScalars.append(scalar)
            position += 1
        }
        if position < text.count, Self.isWord(text[position]) {
            throw RuleError("this form of number is not evaluated")
        }
        if isDouble, let value = Double(digits) { return .double(value) }
        if let value = Int64(digits) { return .int(value) }
        throw RuleError("invalid int literal")
    }

    private mutating func string(isRaw: Bool) throws(RuleError) -> String {
        let quote = text[position]
        let triple = String(repeating: Character(quote), count: 3)
        let end = starts(with: triple) ? triple : String(Character(quote))
        position += end.unicodeScalars.count
        var result = String.UnicodeScalarView()
        while position < text.count {
            if starts(with: end) {
                position += end.unicodeScalars.count
                return String(result)
            }
            let scalar = text[position]
            position += 1
            guard scalar == "\\", !isRaw, position < text.count else {
                result.append(scalar)
                continue
            }
            let escaped = text[position]
            position += 1
            switch escaped {
            case "n": result.append("\n")
            case "t": result.append("\t")
            case "r": result.append("\r")
            case "\\", "\"", "'", "`", "?": result.append(escaped)
            case "u", "x":
                let length = escaped == "u" ? 4 : 2
                let digits = text[position..<min(position + length, text.count)]
                guard let code = UInt32(String(String.UnicodeScalarView(digits)), radix: 16),
                    let value = Unicode.Scalar(code)
                else { throw RuleError("invalid escape") }
                position += length
                result.append(value)
            default: throw RuleError("invalid escape")
            }
        }
        throw RuleError("syntax error: unterminated string")
    }
}
