/// Parses a path like k8s.io/client-go `util/jsonpath`.
struct SimplePathParser {
    private let text: [Unicode.Scalar]
    private var position = 0
    private var stepCount = 0
    private var nesting = 0

    init(_ text: [Unicode.Scalar]) { self.text = text }

    mutating func steps() -> [SimplePath.Step]? {
        guard text.first == "." || text.first == "[" else { return nil }
        guard let result = list(until: []), position == text.count else { return nil }
        return result
    }

    private mutating func list(until stops: Set<Unicode.Scalar>) -> [SimplePath.Step]? {
        var result: [SimplePath.Step] = []
        while position < text.count, !stops.contains(text[position]) {
            if text[position] == "." {
                position += 1
                if position < text.count, text[position] == "." {
                    position += 1
                    // Two consecutive descents find nothing that a single one would not.
                    if case .recursive? = result.last {} else { result.append(.recursive) }
                    guard hasRoom(1) else { return nil }
                }
                if position < text.count, text[position] == "[" { continue }
                guard let name = name(until: stops), hasRoom(1) else { return nil }
                if name == "*" { result.append(.wildcard) } else if !name.isEmpty { result.append(.name(name)) }
            } else if text[position] == "[" {
                guard let steps = bracket(), hasRoom(1) else { return nil }
                result += steps
            } else {
                return nil
            }
        }
        return result
    }

    /// Counts more steps.
    /// - Returns: false if they are too many.
    private mutating func hasRoom(_ more: Int) -> Bool {
        stepCount += more
        return stepCount <= SimplePath.maximumSteps
    }

    private mutating func name(until stops: Set<Unicode.Scalar>) -> String? {
        var result = String.UnicodeScalarView()
        while position < text.count, text[position] != ".", text[position] != "[" {
            if stops.contains(text[position]) { break }
            if text[position] == "\\" { position += 1 }
            guard position < text.count, text[position] != " " else { return nil }
            result.append(text[position])
            position += 1
        }
        return String(result)
    }

    /// The contents of brackets: a filter, a quoted name, a slice, or several of them, separated by commas.
    private mutating func bracket() -> [SimplePath.Step]? {
        position += 1
        guard position < text.count else { return nil }
        if text[position] == "?" { return filter().map { [$0] } }
        let start = position
        while position < text.count, text[position] != "]" { position += 1 }
        let inner = text[start..<position]
        guard take("]") else { return nil }
        let parts = inner.split(separator: ",", omittingEmptySubsequences: false)
        if parts.count == 1 { return element(inner) }
        var union: [[SimplePath.Step]] = []
        for part in parts {
            guard let steps = element(part), hasRoom(1) else { return nil }
            union.append(steps)
        }
        return [.union(union)]
    }

    private mutating func element(_ text: ArraySlice<Unicode.Scalar>) -> [SimplePath.Step]? {
        let trimmed = text.drop { $0 == " " }
        let inner = trimmed[..<(trimmed.lastIndex { $0 != " " }.map { $0 + 1 } ?? trimmed.endIndex)]
        if inner.count == 1, inner.first == "*" { return [.slice(.init(start: nil, end: nil, step: nil))] }
        if inner.count >= 2, inner.first == "'", inner.last == "'", !inner.dropFirst().dropLast().contains("'") {
            // A quoted name is parsed like one after a dot: its dots are separators unless escaped with a backslash.
            var parser = SimplePathParser(["."] + inner.dropFirst().dropLast())
            guard let steps = parser.steps(), hasRoom(steps.count) else { return nil }
            return steps
        }
        return Self.slice(inner).map { [.slice($0)] }
    }

    /// `1`, `-1`, `1:3`, `:2`, `::2`.
    private static func slice(_ text: ArraySlice<Unicode.Scalar>) -> SimplePath.Slice? {
        let parts = text.split(separator: ":", omittingEmptySubsequences: false)
        guard parts.count <= 3 else { return nil }
        var numbers: [Int?] = []
        for part in parts {
            let word = String(String.UnicodeScalarView(part))
            guard word.isEmpty || Int(word) != nil, part.first != "+" else { return nil }
            numbers.append(Int(word))
        }
        if parts.count == 1 {
            guard let index = numbers[0] else { return nil }
            return .init(index: index)
        }
        return .init(start: numbers[0], end: numbers[1], step: numbers.count > 2 ? numbers[2] : nil)
    }

    private mutating func filter() -> SimplePath.Step? {
        guard nesting < SimplePath.maximumNesting else { return nil }
        nesting += 1
        defer { nesting -= 1 }
        position += 1
        guard take("("), take("@") else { return nil }
        let stops: Set<Unicode.Scalar> = ["=", "!", "<", ">", " ", ")"]
        guard let path = list(until: stops) else { return nil }
        skipSpaces()
        var comparison = ""
        while position < text.count, ["=", "!", "<", ">"].contains(text[position]) {
            comparison.unicodeScalars.append(text[position])
            position += 1
        }
        skipSpaces()
        var wanted: SimplePath.Literal?
        if !comparison.isEmpty {
            guard let literal = literal() else { return nil }
            wanted = literal
        }
        skipSpaces()
        guard take(")"), take("]") else { return nil }
        return .filter(path, comparison, wanted)
    }

    private mutating func literal() -> SimplePath.Literal? {
        guard position < text.count else { return nil }
        if text[position] == "'" || text[position] == "\"" { return quoted().map { .string($0) } }
        var word = ""
        while position < text.count, text[position] != ")", text[position] != " " {
            word.unicodeScalars.append(text[position])
            position += 1
        }
        switch word {
        case "true": return true
        case "false": return false
        default: return Int64(word).map { .int($0) } ?? Double(word).map { .double($0) }
        }
    }

    private mutating func quoted() -> String? {
        let quote = text[position]
        position += 1
        var result = String.UnicodeScalarView()
        while position < text.count, text[position] != quote {
            if text[position] == "\\" { position += 1 }
            guard position < text.count else { return nil }
            result.append(text[position])
            position += 1
        }
        guard position < text.count else { return nil }
        position += 1
        return String(result)
    }

    private mutating func take(_ scalar: Unicode.Scalar) -> Bool {
        guard position < text.count, text[position] == scalar else { return false }
        position += 1
        return true
    }

    private mutating func skipSpaces() { while position < text.count, text[position] == " " { position += 1 } }
}
