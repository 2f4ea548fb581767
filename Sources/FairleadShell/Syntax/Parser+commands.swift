import FairleadApplets

extension Parser {
    mutating func command() throws(SyntaxError) -> Command {
        try deeper { parser throws(SyntaxError) in
            parser.skipBlanks()
            guard let compound = try parser.compound() else { return try parser.simple() }
            var redirections: [Redirection] = []
            while true {
                parser.skipBlanks()
                guard let redirection = try parser.redirection() else { break }
                redirections.append(redirection)
            }
            return redirections.isEmpty ? compound : .redirected(compound, redirections)
        }
    }

    private mutating func compound() throws(SyntaxError) -> Command? {
        if sees("((") {
            let start = at
            at += 2
            if let text = balanced(), take(")") { return .arithmetic(try quotedText(text)) }
            at = start
        }
        if take("(") {
            let list = try body(expecting: ")")
            guard take(")") else { throw unexpected(expecting: ")") }
            return .subshell(list)
        }
        switch keyword() {
        case "{":
            at += 1
            let list = try body(expecting: "}")
            try expect("}")
            return .group(list)
        case "if":
            at += 2
            return try branches()
        case "while", "until":
            let isUntil = keyword() == "until"
            at += 5
            let condition = try body(expecting: "do")
            return .loop(condition: condition, isUntil: isUntil, body: try loopBody())
        case "for":
            at += 3
            return try each()
        case "case":
            at += 4
            return try cases()
        case "[[":
            at += 2
            let condition = try condition()
            skipLines()
            guard take("]]") else { throw unexpected(expecting: "]]") }
            return .condition(condition)
        case "function":
            at += 8
            skipBlanks()
            let name = rawToken()
            skipBlanks()
            if take("(") {
                skipBlanks()
                guard take(")") else { throw unexpected(expecting: ")") }
            }
            return try function(name)
        case let word? where Self.closers.contains(word): throw unexpected()
        default: break
        }
        return try namedFunction()
    }

    /// `name() …`
    private mutating func namedFunction() throws(SyntaxError) -> Command? {
        var end = at
        while end < bytes.count,
            bytes[end].isNamePart || bytes[end] == UInt8(ascii: "-") || bytes[end] == UInt8(ascii: ".")
        {
            end += 1
        }
        guard end > at else { return nil }
        let name = String(decoding: bytes[at..<end], as: UTF8.self)
        var copy = self
        copy.at = end
        copy.skipBlanks()
        guard copy.take("(") else { return nil }
        copy.skipBlanks()
        guard copy.take(")") else { return nil }
        self = copy
        return try function(name)
    }

    private mutating func function(_ name: String) throws(SyntaxError) -> Command {
        guard !name.isEmpty else { throw unexpected() }
        skipLines()
        let start = at
        let body = try command()
        return .function(name: name, body: body, size: at - start)
    }

    private mutating func branches() throws(SyntaxError) -> Command {
        var branches: [(condition: [ListItem], body: [ListItem])] = []
        while true {
            let condition = try body(expecting: "then")
            try expect("then")
            branches.append((condition, try body(expecting: "fi")))
            skipLines()
            if takeKeyword("elif") { continue }
            var otherwise: [ListItem]?
            if takeKeyword("else") { otherwise = try body(expecting: "fi") }
            try expect("fi")
            return .branches(branches, otherwise: otherwise)
        }
    }

    private mutating func loopBody() throws(SyntaxError) -> [ListItem] {
        skipLines()
        if keyword() == "{" {
            at += 1
            let list = try body(expecting: "}")
            try expect("}")
            return list
        }
        try expect("do")
        let list = try body(expecting: "done")
        try expect("done")
        return list
    }

    private mutating func each() throws(SyntaxError) -> Command {
        skipBlanks()
        if take("((") {
            guard let text = balanced(), take(")") else { throw unexpected(expecting: "))") }
            let parts = text.split(separator: ";", omittingEmptySubsequences: false).map(String.init)
            guard parts.count == 3 else { throw SyntaxError(message: "syntax error: bad for loop variable") }
            let (start, condition, step) = (
                try quotedText(parts[0]), try quotedText(parts[1]), try quotedText(parts[2])
            )
            skipBlanks()
            _ = take(";")
            return .counting(start: start, condition: condition, step: step, body: try loopBody())
        }
        let start = at
        while at < bytes.count, bytes[at].isNamePart { at += 1 }
        let name = String(decoding: bytes[start..<at], as: UTF8.self)
        guard name.isName else {
            throw SyntaxError(message: "syntax error: bad for loop variable", isIncomplete: isAtEnd)
        }
        skipLines()
        var words: [Word]?
        if takeKeyword("in") {
            var found: [Word] = []
            skipBlanks()
            while let word = try word() {
                found.append(word)
                skipBlanks()
            }
            words = found
        }
        skipBlanks()
        _ = take(";")
        return .each(name: name, words: words, body: try loopBody())
    }

    private mutating func cases() throws(SyntaxError) -> Command {
        skipBlanks()
        guard let subject = try word() else { throw unexpected() }
        try expect("in")
        var cases: [(patterns: [Word], body: [ListItem], fallsThrough: Bool)] = []
        while true {
            skipLines()
            if takeKeyword("esac") { return .cases(subject, cases) }
            _ = take("(")
            var patterns: [Word] = []
            repeat {
                skipBlanks()
                guard let pattern = try word() else { throw unexpected(expecting: isAtEnd ? "esac" : nil) }
                patterns.append(pattern)
                skipBlanks()
            } while take("|")
            guard take(")") else { throw unexpected(expecting: ")") }
            let body = try list()
            skipLines()
            let fallsThrough = take(";&")
            cases.append((patterns, body, fallsThrough))
            if fallsThrough || take(";;") { continue }
            guard keyword() == "esac" else { throw unexpected(expecting: ";;") }
        }
    }

    // MARK: - simple commands

    private mutating func simple() throws(SyntaxError) -> Command {
        var command = SimpleCommand()
        while true {
            skipBlanks()
            if let redirection = try redirection() {
                command.redirections.append(redirection)
            } else if command.words.isEmpty, let assignment = try assignment() {
                command.assignments.append(assignment)
            } else if let word = try word() {
                command.words.append(word)
            } else {
                break
            }
        }
        if command.words.isEmpty, command.assignments.isEmpty, command.redirections.isEmpty { throw unexpected() }
        return .simple(command)
    }

    /// `NAME=value`, `NAME+=value`, `NAME[i]=value`, `NAME=(a b)`.
    mutating func assignment() throws(SyntaxError) -> Assignment? {
        var end = at
        guard let first = peek(), first.isNameStart else { return nil }
        while end < bytes.count, bytes[end].isNamePart { end += 1 }
        let name = String(decoding: bytes[at..<end], as: UTF8.self)
        let start = at
        var index: Word?
        at = end
        if peek() == UInt8(ascii: "[") {
            at += 1
            guard let text = balanced(UInt8(ascii: "["), UInt8(ascii: "]")) else {
                at = start
                return nil
            }
            index = try quotedText(text)
        }
        let appends = take("+=")
        guard appends || take("=") else {
            at = start
            return nil
        }
        if peek() == UInt8(ascii: "("), index == nil {
            at += 1
            var elements: [Word] = []
            while true {
                skipLines()
                guard let element = try word() else { break }
                elements.append(element)
            }
            guard take(")") else { throw unexpected(expecting: ")") }
            return Assignment(name: name, index: nil, value: Word(), elements: elements, appends: appends)
        }
        return Assignment(name: name, index: index, value: try word() ?? Word(), elements: nil, appends: appends)
    }

    mutating func redirection() throws(SyntaxError) -> Redirection? {
        let start = at
        var descriptor: Int?
        if let digit = peek(), digit.isDigit, let next = peek(1), next == UInt8(ascii: "<") || next == UInt8(ascii: ">")
        {
            descriptor = Int(digit - 48)
            at += 1
        }
        let kind: Redirection.Kind
        var stripsTabs: Bool?
        if take("&>>") {
            kind = .both(appends: true)
        } else if take("&>") {
            kind = .both(appends: false)
        } else if take("<<<") {
            kind = .text
        } else if take("<<-") {
            kind = .text
            stripsTabs = true
        } else if take("<<") {
            kind = .text
            stripsTabs = false
        } else if take("<&") || take(">&") {
            kind = .duplicate
            descriptor = descriptor ?? (bytes[at - 2] == UInt8(ascii: "<") ? 0 : 1)
        } else if take("<>") {
            kind = .readWrite
        } else if take(">>") {
            kind = .append
        } else if take(">|") || take(">") {
            kind = .write
        } else if take("<") {
            kind = .read
        } else {
            at = start
            return nil
        }
        let standard: Int
        switch kind {
        case .read, .readWrite, .text: standard = 0
        default: standard = 1
        }
        skipBlanks()
        if let stripsTabs {
            return Redirection(
                descriptor: descriptor ?? 0, kind: .text, target: try hereDocument(stripsTabs: stripsTabs))
        }
        guard let target = try word() else { throw unexpected() }
        if case .text = kind {
            let line = Word(parts: target.parts + [.text("\n", isQuoted: true)])
            return Redirection(descriptor: descriptor ?? 0, kind: .text, target: line)
        }
        return Redirection(descriptor: descriptor ?? standard, kind: kind, target: target)
    }
}
