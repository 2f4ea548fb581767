import FairleadModel

/// Reads the syntax of CEL. What is not evaluated here (other libraries, bytes, unsigned numbers) is an error.
struct RuleParser {
    private let text: [Unicode.Scalar]
    private var position = 0
    private var depth = 0

    private static let maximumDepth = 100

    static func parse(_ text: String) throws(RuleError) -> RuleExpression {
        var parser = RuleParser(text: Array(text.unicodeScalars))
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
        depth += 1
        defer { depth -= 1 }
        guard depth <= Self.maximumDepth else { throw RuleError("expression nests too deeply") }
        let test = try disjunction()
        guard take("?") else { return test }
        let yes = try disjunction()
        try expect(":")
        return .conditional(test, yes, try conditional())
    }

    private mutating func disjunction() throws(RuleError) -> RuleExpression {
        var left = try conjunction()
        while take("||") { left = .or(left, try conjunction()) }
        return left
    }

    private mutating func conjunction() throws(RuleError) -> RuleExpression {
        var left = try relation()
        while take("&&") { left = .and(left, try relation()) }
        return left
    }

    private mutating func relation() throws(RuleError) -> RuleExpression {
        var left = try sum()
        loop: while true {
            for sign in ["==", "!=", "<=", ">=", "<", ">"] where take(sign) {
                left = .call("_\(sign)_", target: nil, [left, try sum()])
                continue loop
            }
            skipSpace()
            if starts(with: "in"), position + 2 >= text.count || !Self.isWord(text[position + 2]) {
                position += 2
                left = .call("_in_", target: nil, [left, try sum()])
                continue
            }
            return left
        }
    }

    private mutating func sum() throws(RuleError) -> RuleExpression {
        var left = try product()
        loop: while true {
            for sign in ["+", "-"] where take(sign) {
                left = .call("_\(sign)_", target: nil, [left, try product()])
                continue loop
            }
            return left
        }
    }

    private mutating func product() throws(RuleError) -> RuleExpression {
        var left = try unary()
        loop: while true {
            for sign in ["*", "/", "%"] where take(sign) {
                left = .call("_\(sign)_", target: nil, [left, try unary()])
                continue loop
            }
            return left
        }
    }

    private mutating func unary() throws(RuleError) -> RuleExpression {
        depth += 1
        defer { depth -= 1 }
        guard depth <= Self.maximumDepth else { throw RuleError("expression nests too deeply") }
        skipSpace()
        if starts(with: "!"), !starts(with: "!=") {
            position += 1
            return .call("!_", target: nil, [try unary()])
        }
        if take("-") { return .call("-_", target: nil, [try unary()]) }
        return try member()
    }

    private mutating func member() throws(RuleError) -> RuleExpression {
        var value = try primary()
        while true {
            if take(".") {
                if starts(with: "?") { throw RuleError("optional fields are not evaluated") }
                let name = try word()
                value = take("(") ? try method(name, on: value) : .field(value, Self.unescaped(name))
            } else if take("[") {
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
        // A function of the sets library looks like a method of something called so.
        if case .name("sets") = target, RuleFunctions.functions.contains("sets." + name) {
            return .call("sets." + name, target: nil, try arguments(until: ")"))
        }
        guard RuleFunctions.methods.contains(name) else { throw RuleError("undeclared reference to '\(name)'") }
        return .call(name, target: target, try arguments(until: ")"))
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
        if take("[") { return .list(try arguments(until: "]")) }
        if take("{") { return try map() }
        if text[position] == "\"" || text[position] == "'" { return .literal(.string(try string(isRaw: false))) }
        if ("0"..."9").contains(text[position]) { return .literal(try number()) }
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
        return .call(name, target: nil, try arguments(until: ")"))
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

    /// Names that are no identifiers are written with escapes.
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
