import FairleadModel

/// Reads the syntax of CEL.
///
/// Expressions are bounded as cel-go bounds them: 100,000 code points, and each rule of the grammar within itself 250
/// times. Chains count, because they nest to the left: `a + b + c` is a sum within a sum. So do walks over what has been
/// read go no deeper than that.
///
/// Reference: the CEL language definition, "Syntax".
struct RuleParser {
    private let tokens: [RuleToken]
    private let text: [Unicode.Scalar]
    private var position = 0
    private var expressions = Depth()
    private var relations = Depth()
    private var sums = Depth()
    private var members = Depth()

    private static let maximumSize = 100_000

    /// How often a rule of the grammar stands within itself.
    private struct Depth {
        private(set) var count = 0
        private static let limit = 250

        mutating func enter() throws(RuleIssue) {
            count += 1
            if count > Self.limit { throw RuleIssue(message: "expression recursion limit exceeded: \(Self.limit)") }
        }
        mutating func leave(to outer: Depth) { self = outer }
    }

    static func syntax(_ text: String) throws(RuleIssues) -> RuleSyntax {
        let scalars = Array(text.unicodeScalars)
        guard scalars.count <= maximumSize else {
            throw RuleIssues([
                RuleIssue(
                    message: "expression code point size exceeds limit: size: \(scalars.count), limit \(maximumSize)")
            ])
        }
        var strangers: [RuleIssue] = []
        do throws(RuleIssue) {
            let words = try RuleLexer.tokens(of: scalars)
            strangers = words.strangers
            var parser = RuleParser(tokens: words.tokens, text: scalars)
            let expression = try parser.conditional()
            guard case .end = parser.current.kind else {
                throw parser.complaint("extraneous input \(parser.shown) expecting <EOF>")
            }
            if strangers.isEmpty { return expression }
        } catch {
            throw RuleIssues(strangers + [error])
        }
        throw RuleIssues(strangers)
    }

    /// The expression, not checked against any types.
    static func parse(_ text: String) throws(RuleIssues) -> RuleExpression {
        try RuleChecker.lowered(try syntax(text))
    }

    private init(tokens: [RuleToken], text: [Unicode.Scalar]) {
        self.tokens = tokens
        self.text = text
    }

    // MARK: Words

    private var current: RuleToken { tokens[position] }

    private var shown: String {
        if case .end = current.kind { return "'<EOF>'" }
        return "'" + String(String.UnicodeScalarView(text[current.place..<current.end])) + "'"
    }

    private func complaint(_ words: String) -> RuleIssue {
        RuleIssue(place: current.place, message: "Syntax error: " + words)
    }

    private func sees(_ symbol: String) -> Bool { current.kind == .symbol(symbol) }

    private var seesIdentifier: Bool { if case .identifier = current.kind { true } else { false } }

    private mutating func take(_ symbol: String) -> Int? {
        guard sees(symbol) else { return nil }
        defer { position += 1 }
        return current.place
    }

    private mutating func expect(_ symbol: String) throws(RuleIssue) {
        if take(symbol) != nil { return }
        if case .end = current.kind { throw complaint("missing '\(symbol)' at '<EOF>'") }
        throw complaint("mismatched input \(shown) expecting '\(symbol)'")
    }

    private mutating func identifier() throws(RuleIssue) -> String {
        guard case .identifier(let name) = current.kind else {
            throw complaint("mismatched input \(shown) expecting IDENTIFIER")
        }
        position += 1
        return name
    }

    // MARK: Operators

    private mutating func conditional() throws(RuleIssue) -> RuleSyntax {
        let outer = expressions
        try expressions.enter()
        defer { expressions.leave(to: outer) }
        let test = try disjunction()
        guard let place = take("?") else { return test }
        let yes = try disjunction()
        try expect(":")
        return .conditional(test, yes, try conditional(), at: place)
    }

    private mutating func disjunction() throws(RuleIssue) -> RuleSyntax {
        var operands = [try conjunction()]
        var place = 0
        while let found = take("||") {
            if operands.count == 1 { place = found }
            operands.append(try conjunction())
        }
        return operands.count == 1 ? operands[0] : .or(operands, at: place)
    }

    private mutating func conjunction() throws(RuleIssue) -> RuleSyntax {
        var operands = [try relation()]
        var place = 0
        while let found = take("&&") {
            if operands.count == 1 { place = found }
            operands.append(try relation())
        }
        return operands.count == 1 ? operands[0] : .and(operands, at: place)
    }

    private mutating func relation() throws(RuleIssue) -> RuleSyntax {
        let outer = relations
        try relations.enter()
        defer { relations.leave(to: outer) }
        var left = try sum()
        while let (sign, place) = sign(of: [.equal, .notEqual, .atMost, .atLeast, .less, .greater, .isIn]) {
            try relations.enter()
            left = .binary(sign, left, try sum(), at: place)
        }
        return left
    }

    private mutating func sum() throws(RuleIssue) -> RuleSyntax {
        let outer = sums
        try sums.enter()
        defer { sums.leave(to: outer) }
        var left = try product()
        while let (sign, place) = sign(of: [.plus, .minus]) {
            try sums.enter()
            left = .binary(sign, left, try product(), at: place)
        }
        return left
    }

    private mutating func product() throws(RuleIssue) -> RuleSyntax {
        let outer = sums
        defer { sums.leave(to: outer) }
        var left = try unary()
        while let (sign, place) = sign(of: [.times, .divided, .modulo]) {
            try sums.enter()
            left = .binary(sign, left, try unary(), at: place)
        }
        return left
    }

    private mutating func sign(
        of signs: [RuleExpression.Operator]
    ) -> (sign: RuleExpression.Operator, place: Int)? {
        let word: String
        switch current.kind {
        case .symbol(let symbol): word = symbol
        case .identifier("in"): word = "in"
        default: return nil
        }
        guard let sign = RuleExpression.Operator(rawValue: word), signs.contains(sign) else { return nil }
        defer { position += 1 }
        return (sign, current.place)
    }

    private mutating func unary() throws(RuleIssue) -> RuleSyntax {
        var place = current.place
        var count = 0
        if sees("!") {
            while let found = take("!") {
                place = found
                count += 1
            }
            let inner = try member()
            return count.isMultiple(of: 2) ? inner : .not(inner, at: place)
        }
        while sees("-") {
            // The sign of a number is a part of it: the least one has no positive.
            if count == 0, let literal = negativeNumber() {
                let place = current.place
                position += 2
                return try suffixes(of: .literal(literal, at: place))
            }
            place = current.place
            position += 1
            count += 1
        }
        let inner = try member()
        return count.isMultiple(of: 2) ? inner : .negated(inner, at: place)
    }

    private func negativeNumber() -> RuleValue? {
        guard position + 1 < tokens.count else { return nil }
        switch tokens[position + 1].kind {
        case .int(let number): return .plain(.int(0 &- number))
        case .double(let number): return .plain(.double(-number))
        case .least: return .plain(.int(.min))
        default: return nil
        }
    }

    private mutating func member() throws(RuleIssue) -> RuleSyntax { try suffixes(of: try primary()) }

    private mutating func suffixes(of start: RuleSyntax) throws(RuleIssue) -> RuleSyntax {
        let outer = members
        try members.enter()
        defer { members.leave(to: outer) }
        var value = start
        while true {
            if let place = take(".") {
                try members.enter()
                let isOptional = take("?") != nil
                if !isOptional, !seesIdentifier {
                    let shown = String(String.UnicodeScalarView(text[place..<current.end]))
                    throw complaint("no viable alternative at input '\(shown)'")
                }
                let name = try identifier()
                if !isOptional, let call = take("(") {
                    value = try method(name, on: value, at: call)
                } else {
                    value = .select(value, name, isOptional: isOptional, at: place)
                }
            } else if let place = take("[") {
                try members.enter()
                let isOptional = take("?") != nil
                value = .index(value, try conditional(), isOptional: isOptional, at: place)
                try expect("]")
            } else {
                return value
            }
        }
    }

    private mutating func method(_ name: String, on target: RuleSyntax, at place: Int) throws(RuleIssue) -> RuleSyntax {
        let arguments = try arguments(until: ")")
        return try RuleMacros.comprehension(name, target, arguments, at: place)
            ?? .method(name, on: target, arguments, at: place)
    }

    private mutating func arguments(until end: String) throws(RuleIssue) -> [RuleSyntax] {
        var list: [RuleSyntax] = []
        if take(end) != nil { return list }
        repeat {
            if end != ")", sees(end) { break }  // a comma at the end
            list.append(try conditional())
        } while take(",") != nil
        try expect(end)
        return list
    }

    // MARK: Primaries

    private static let beginnings =
        "{'[', '{', '(', '.', '-', '!', 'true', 'false', 'null', NUM_FLOAT, NUM_INT, NUM_UINT, STRING, BYTES, IDENTIFIER}"

    private mutating func primary() throws(RuleIssue) -> RuleSyntax {
        let token = current
        switch token.kind {
        case .symbol("("):
            position += 1
            let inner = try conditional()
            try expect(")")
            return inner
        case .symbol("["): return try list()
        case .symbol("{"): return try map()
        case .symbol("."):
            // A name of the outermost scope.
            position += 1
            return try named(at: token.place)
        case .identifier(let name):
            switch name {
            case "in": break
            case "true", "false":
                position += 1
                return .literal(.plain(.bool(name == "true")), at: token.place)
            case "null":
                position += 1
                return .literal(.plain(.null), at: token.place)
            default: return try named(at: token.place)
            }
        case .int, .uint, .double, .string, .bytes, .badNumber: return try literal(token)
        case .symbol, .end: break
        }
        throw complaint("mismatched input \(shown) expecting \(Self.beginnings)")
    }

    private mutating func literal(_ token: RuleToken) throws(RuleIssue) -> RuleSyntax {
        position += 1
        let value: RuleValue
        switch token.kind {
        case .int(let number): value = .plain(.int(number))
        case .uint(let number): value = .uint(number)
        case .double(let number): value = .plain(.double(number))
        case .string(let text): value = .plain(.string(text))
        case .bytes(let bytes): value = .bytes(bytes)
        case .badNumber(let type):
            let name = ["uint", "double"].contains(type) ? type : "int"
            throw RuleIssue(place: token.place, message: "Syntax error: invalid \(name) literal")
        case .identifier, .symbol, .end: value = .plain(.null)
        }
        return .literal(value, at: token.place)
    }

    private mutating func named(at place: Int) throws(RuleIssue) -> RuleSyntax {
        if let type = messageType() { return try message(type) }
        let name = try identifier()
        guard let call = take("(") else { return .name(name, at: place) }
        let arguments = try arguments(until: ")")
        guard name == "has" else { return .call(name, arguments, at: call) }
        guard arguments.count == 1, case .select(let object, let field, false, _) = arguments[0] else {
            throw RuleIssue(
                place: arguments.first?.place ?? call, message: "Syntax error: invalid argument to has() macro")
        }
        return .has(object, field, at: call)
    }

    /// The type in `a.b.C{…}`, which has been passed; nil for anything else.
    private mutating func messageType() -> String? {
        var names: [String] = []
        var next = position
        while case .identifier(let name) = tokens[next].kind {
            names.append(name)
            switch tokens[next + 1].kind {
            case .symbol("."): next += 2
            case .symbol("{"):
                position = next + 1
                return names.joined(separator: ".")
            default: return nil
            }
            guard next < tokens.count else { return nil }
        }
        return nil
    }

    private mutating func message(_ type: String) throws(RuleIssue) -> RuleSyntax {
        let place = current.place
        position += 1
        var fields: [RuleSyntax.Field] = []
        while !sees("}") {
            let isOptional = take("?") != nil
            let name = try identifier()
            let colon = current.place
            try expect(":")
            fields.append(.init(name: name, value: try conditional(), isOptional: isOptional, place: colon))
            if take(",") == nil { break }
        }
        try expect("}")
        return .message(type, fields, at: place)
    }

    private mutating func list() throws(RuleIssue) -> RuleSyntax {
        let place = current.place
        position += 1
        var elements: [RuleSyntax.Element] = []
        while !sees("]") {
            let isOptional = take("?") != nil
            elements.append(.init(value: try conditional(), isOptional: isOptional))
            if take(",") == nil { break }
        }
        try expect("]")
        return .list(elements, at: place)
    }

    private mutating func map() throws(RuleIssue) -> RuleSyntax {
        let place = current.place
        position += 1
        var entries: [RuleSyntax.Entry] = []
        while !sees("}") {
            let isOptional = take("?") != nil
            let key = try conditional()
            let colon = current.place
            try expect(":")
            entries.append(.init(key: key, value: try conditional(), isOptional: isOptional, place: colon))
            if take(",") == nil { break }
        }
        try expect("}")
        return .map(entries, at: place)
    }
}

/// What looks like a method and is written out by the parser.
///
/// Reference: CEL language definition, "Macros"; cel-go `ext` (two-variable comprehensions, optional types).
enum RuleMacros {
    /// nil for a method that is none of them.
    static func comprehension(
        _ name: String, _ range: RuleSyntax, _ arguments: [RuleSyntax], at place: Int
    ) throws(RuleIssue) -> RuleSyntax? {
        let macro: RuleSyntax.Macro
        let variables: Int
        switch (name == "existsOne" ? "exists_one" : name, arguments.count) {
        case ("all", 2), ("exists", 2), ("exists_one", 2), ("filter", 2), ("map", 2), ("map", 3): variables = 1
        case ("all", 3), ("exists", 3), ("exists_one", 3), ("transformList", 3), ("transformList", 4),
            ("transformMap", 3), ("transformMap", 4), ("transformMapEntry", 3), ("transformMapEntry", 4):
            variables = 2
        case ("optMap", 2), ("optFlatMap", 2): variables = 1
        default: return nil
        }
        guard let known = RuleSyntax.Macro(rawValue: name == "existsOne" ? "exists_one" : name) else { return nil }
        macro = known
        var names: [String] = []
        for argument in arguments.prefix(variables) {
            guard case .name(let variable, _) = argument else {
                throw RuleIssue(place: argument.place, message: "Syntax error: argument is not an identifier")
            }
            names.append(variable)
        }
        return .comprehension(macro, range, variables: names, Array(arguments.dropFirst(variables)), at: place)
    }
}
