/// The expressions.
extension AwkParser {
    mutating func expression() throws(AwkFailure) -> AwkNode {
        try deeper { parser throws(AwkFailure) in
            let left = try parser.ternary()
            for symbol in ["=", "+=", "-=", "*=", "/=", "%=", "^=", "**="] where parser.take(symbol) {
                switch left {
                case .variable, .field, .element: break
                default: throw AwkFailure(message: "syntax error: cannot assign")
                }
                parser.skipNewlines()
                let name = symbol == "**=" ? "^" : String(symbol.dropLast())
                return .assign(left, name, try parser.expression())
            }
            return left
        }
    }

    mutating func ternary() throws(AwkFailure) -> AwkNode {
        let condition = try disjunction()
        guard take("?") else { return condition }
        skipNewlines()
        let first = try expression()
        skipNewlines()
        try expect(":")
        skipNewlines()
        return .choice(condition, first, try expression())
    }

    mutating func disjunction() throws(AwkFailure) -> AwkNode {
        var left = try conjunction()
        while take("||") {
            skipNewlines()
            left = .or(left, try conjunction())
        }
        return left
    }

    mutating func conjunction() throws(AwkFailure) -> AwkNode {
        var left = try membership()
        while take("&&") {
            skipNewlines()
            left = .and(left, try membership())
        }
        return left
    }

    mutating func membership() throws(AwkFailure) -> AwkNode {
        var left = try matching()
        while token == .keyword("in") {
            at += 1
            guard case .name(let array) = token else { throw AwkFailure(message: "syntax error") }
            at += 1
            left = .contains([left], array)
        }
        return left
    }

    mutating func matching() throws(AwkFailure) -> AwkNode {
        var left = try comparison()
        while true {
            if take("~") {
                left = .match(left, try comparison(), isNegated: false)
            } else if take("!~") {
                left = .match(left, try comparison(), isNegated: true)
            } else {
                return left
            }
        }
    }

    mutating func comparison() throws(AwkFailure) -> AwkNode {
        let left = try concatenation()
        for symbol in ["<=", ">=", "==", "!=", "<", ">"] where token == .symbol(symbol) {
            if symbol == ">", isInPrint { return left }
            at += 1
            return .binary(symbol, left, try concatenation())
        }
        return left
    }

    mutating func concatenation() throws(AwkFailure) -> AwkNode {
        var left = try sum()
        while beginsOperand { left = .binary("", left, try sum()) }
        return left
    }

    var beginsOperand: Bool {
        switch token {
        case .number, .string, .name, .call, .regex: true
        case .symbol(let symbol):
            ["(", "$", "++", "--"].contains(symbol)
        default: false
        }
    }

    mutating func sum() throws(AwkFailure) -> AwkNode {
        var left = try product()
        while true {
            if take("+") {
                left = .binary("+", left, try product())
            } else if take("-") {
                left = .binary("-", left, try product())
            } else {
                return left
            }
        }
    }

    mutating func product() throws(AwkFailure) -> AwkNode {
        var left = try unary()
        search: while true {
            for symbol in ["*", "/", "%"] where take(symbol) {
                left = .binary(symbol, left, try unary())
                continue search
            }
            return left
        }
    }

    mutating func unary() throws(AwkFailure) -> AwkNode {
        try deeper { parser throws(AwkFailure) in
            for symbol in ["!", "-", "+"] where parser.take(symbol) { return .unary(symbol, try parser.unary()) }
            let base = try parser.postfix()
            if parser.take("^") || parser.take("**") { return .binary("^", base, try parser.unary()) }
            return base
        }
    }

    mutating func postfix() throws(AwkFailure) -> AwkNode {
        for (symbol, step) in [("++", 1.0), ("--", -1.0)] where take(symbol) {
            return .step(try primary(), step, isPrefix: true)
        }
        let base = try primary()
        switch base {
        case .variable, .field, .element:
            if take("++") { return .step(base, 1, isPrefix: false) }
            if take("--") { return .step(base, -1, isPrefix: false) }
        default: break
        }
        return base
    }

    mutating func primary() throws(AwkFailure) -> AwkNode {
        let token = token
        at += token == .end ? 0 : 1
        switch token {
        case .number(let value): return .number(value)
        case .string(let text): return .string(text)
        case .regex(let text):
            do throws(RegularExpression.Malformed) {
                return .regex(try RegularExpression(text, isExtended: true))
            } catch {
                throw AwkFailure(message: "bad regex '\(text)'")
            }
        case .symbol("$"):
            return try deeper { parser throws(AwkFailure) in
                for (symbol, step) in [("++", 1.0), ("--", -1.0)] where parser.take(symbol) {
                    return .field(.step(try parser.primary(), step, isPrefix: true))
                }
                return .field(try parser.primary())
            }
        case .symbol("("):
            let before = isInPrint
            isInPrint = false
            defer { isInPrint = before }
            let nodes = try list(until: ")")
            if self.token == .keyword("in"), nodes.count > 1 {
                at += 1
                guard case .name(let array) = self.token else { throw AwkFailure(message: "syntax error") }
                at += 1
                return .contains(nodes, array)
            }
            guard nodes.count == 1 else { throw AwkFailure(message: "syntax error") }
            return nodes[0]
        case .symbol("-"): return .unary("-", try unary())
        case .call(let name):
            guard AwkMachine.functions.contains(name) else {
                throw AwkFailure(message: "call to undefined function \(name)")
            }
            try expect("(")
            let before = isInPrint
            isInPrint = false
            defer { isInPrint = before }
            return .call(name, try list(until: ")"))
        case .name("length"): return .call("length", [])
        case .name(let name):
            if take("[") { return .element(name, try list(until: "]")) }
            return .variable(name)
        default: throw AwkFailure(message: "syntax error")
        }
    }
}
