/// Reads programs of awk; they nest at most 60 deep.
struct AwkParser {
    let tokens: [AwkToken]
    var at = 0
    var depth = 0
    /// Where `>` sends output to a file.
    var isInPrint = false

    static func program(_ text: String) throws(AwkFailure) -> [AwkRule] {
        guard text.utf8.count <= 256 << 10 else { throw AwkFailure(message: "program too long") }
        var parser = AwkParser(tokens: try AwkLexer.tokens(text))
        return try parser.rules()
    }

    init(tokens: [AwkToken]) { self.tokens = tokens }

    var token: AwkToken { tokens[at] }

    mutating func take(_ symbol: String) -> Bool {
        guard token == .symbol(symbol) else { return false }
        at += 1
        return true
    }

    mutating func take(keyword: String) -> Bool {
        guard token == .keyword(keyword) else { return false }
        at += 1
        return true
    }

    mutating func expect(_ symbol: String) throws(AwkFailure) {
        guard take(symbol) else { throw AwkFailure(message: "syntax error: expected \(symbol)") }
    }

    mutating func skipLines() { while token == .newline || token == .symbol(";") { at += 1 } }
    mutating func skipNewlines() { while token == .newline { at += 1 } }

    mutating func deeper<Answer>(
        _ body: (inout AwkParser) throws(AwkFailure) -> Answer
    ) throws(AwkFailure) -> Answer {
        guard depth < 60 else { throw AwkFailure(message: "nested too deeply") }
        depth += 1
        defer { depth -= 1 }
        return try body(&self)
    }

    mutating func rules() throws(AwkFailure) -> [AwkRule] {
        var rules: [AwkRule] = []
        while true {
            skipLines()
            if token == .end { return rules }
            if token == .keyword("function") || token == .keyword("func") {
                throw AwkFailure(message: "functions are not supported")
            }
            let pattern: AwkRule.Pattern
            if take(keyword: "BEGIN") {
                pattern = .begin
            } else if take(keyword: "END") {
                pattern = .end
            } else if token == .symbol("{") {
                pattern = .always
            } else {
                let first = try expression()
                if take(",") {
                    skipNewlines()
                    pattern = .range(first, try expression())
                } else {
                    pattern = .when(first)
                }
            }
            rules.append(AwkRule(pattern: pattern, body: token == .symbol("{") ? try block() : nil))
        }
    }

    // MARK: - statements

    mutating func block() throws(AwkFailure) -> AwkStatement {
        try deeper { parser throws(AwkFailure) in
            try parser.expect("{")
            var statements: [AwkStatement] = []
            while true {
                parser.skipLines()
                if parser.take("}") { return .block(statements) }
                if parser.token == .end { throw AwkFailure(message: "syntax error: unexpected end of program") }
                statements.append(try parser.statement())
            }
        }
    }

    mutating func endStatement() throws(AwkFailure) {
        if token == .newline || token == .symbol(";") {
            at += 1
        } else if token != .symbol("}"), token != .end {
            throw AwkFailure(message: "syntax error")
        }
    }

    mutating func statement() throws(AwkFailure) -> AwkStatement {
        try deeper { parser throws(AwkFailure) in try parser.plainStatement() }
    }

    mutating func plainStatement() throws(AwkFailure) -> AwkStatement {
        if token == .symbol("{") { return try block() }
        if take(";") { return .block([]) }
        guard case .keyword(let word) = token else { return try simpleStatement() }
        switch word {
        case "if":
            at += 1
            let condition = try parenthesized()
            let body = try statement()
            let mark = at
            skipLines()
            if take(keyword: "else") {
                skipNewlines()
                return .branch(condition, body, try statement())
            }
            at = mark
            return .branch(condition, body, nil)
        case "while":
            at += 1
            let condition = try parenthesized()
            return .loop(start: nil, condition: condition, step: nil, body: try statement(), testsFirst: true)
        case "do":
            at += 1
            skipNewlines()
            let body = try statement()
            skipLines()
            guard take(keyword: "while") else { throw AwkFailure(message: "syntax error: expected while") }
            let condition = try parenthesized()
            try endStatement()
            return .loop(start: nil, condition: condition, step: nil, body: body, testsFirst: false)
        case "for": return try loop()
        default: return try simpleStatement()
        }
    }

    mutating func parenthesized() throws(AwkFailure) -> AwkNode {
        try expect("(")
        let condition = try expression()
        try expect(")")
        skipNewlines()
        return condition
    }

    mutating func loop() throws(AwkFailure) -> AwkStatement {
        at += 1
        try expect("(")
        if case .name(let name) = token, at + 3 < tokens.count, tokens[at + 1] == .keyword("in"),
            case .name(let array) = tokens[at + 2], tokens[at + 3] == .symbol(")")
        {
            at += 4
            skipNewlines()
            return .each(name, in: array, try statement())
        }
        let start: AwkStatement? = token == .symbol(";") ? nil : .expression(try expression())
        try expect(";")
        skipNewlines()
        let condition = token == .symbol(";") ? nil : try expression()
        try expect(";")
        skipNewlines()
        let step: AwkStatement? = token == .symbol(")") ? nil : .expression(try expression())
        try expect(")")
        skipNewlines()
        return .loop(start: start, condition: condition, step: step, body: try statement(), testsFirst: true)
    }

    mutating func simpleStatement() throws(AwkFailure) -> AwkStatement {
        let result: AwkStatement
        if token == .keyword("print") || token == .keyword("printf") {
            let isFormat = token == .keyword("printf")
            at += 1
            let before = isInPrint
            isInPrint = true
            defer { isInPrint = before }
            let words = try printed()
            isInPrint = false
            var (target, appends): (AwkNode?, Bool) = (nil, false)
            if take(">>") {
                (target, appends) = (try concatenation(), true)
            } else if take(">") {
                target = try concatenation()
            } else if token == .symbol("|") {
                throw AwkFailure(message: "pipes are not supported")
            }
            result =
                isFormat ? .printf(words, to: target, appends: appends) : .print(words, to: target, appends: appends)
        } else if take(keyword: "next") {
            result = .next
        } else if take(keyword: "break") {
            result = .breaking
        } else if take(keyword: "continue") {
            result = .continuing
        } else if take(keyword: "exit") {
            let isBare = token == .newline || token == .symbol(";") || token == .symbol("}") || token == .end
            result = .exit(isBare ? nil : try expression())
        } else if take(keyword: "delete") {
            guard case .name(let name) = token else { throw AwkFailure(message: "syntax error") }
            at += 1
            result = .delete(name, take("[") ? try list(until: "]") : [])
        } else {
            result = .expression(try expression())
        }
        try endStatement()
        return result
    }

    mutating func printed() throws(AwkFailure) -> [AwkNode] {
        let isBare =
            token == .newline || token == .end
            || [";", "}", ">", ">>", "|"].contains { token == .symbol($0) }
        if isBare { return [] }
        // `print (a, b)` has its list in parentheses; `print (a) b` has not.
        if token == .symbol("(") {
            let mark = at
            at += 1
            isInPrint = false
            let words = try list(until: ")")
            isInPrint = true
            let isDone =
                token == .newline || token == .end || [";", "}", ">", ">>", "|"].contains { token == .symbol($0) }
            if isDone { return words }
            at = mark
        }
        var words = [try expression()]
        while take(",") {
            skipNewlines()
            words.append(try expression())
        }
        return words
    }

    mutating func list(until end: String) throws(AwkFailure) -> [AwkNode] {
        var nodes: [AwkNode] = []
        skipNewlines()
        while !take(end) {
            nodes.append(try expression())
            skipNewlines()
            if take(",") { skipNewlines() } else if token != .symbol(end) { throw AwkFailure(message: "syntax error") }
        }
        return nodes
    }
}
