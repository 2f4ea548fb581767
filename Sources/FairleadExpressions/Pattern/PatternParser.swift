/// Parses RE2 syntax. Errors have Go's codes.
struct PatternParser {
    private let scalars: [Unicode.Scalar]
    private let text: String
    private var position = 0
    private var depth = 0
    private var flags = Flags()
    /// How many nodes that become instructions have been parsed: a pattern that is too large is not parsed to its end.
    private var nodeCount = 0

    private struct Flags {
        var foldsCase = false
        var isMultiline = false
        var dotTakesNewline = false
    }

    private static let maximumDepth = 1000
    private static let maximumRepetition = 1000

    init(_ text: String) {
        self.text = text
        scalars = Array(text.unicodeScalars)
    }

    mutating func parse() throws(Pattern.SyntaxError) -> PatternNode {
        let node = try parseChoice()
        guard position == scalars.count else { throw error("unexpected )", text) }
        return node
    }

    private func error(_ code: String, _ expression: String) -> Pattern.SyntaxError {
        Pattern.SyntaxError(code: code, expression: expression)
    }

    private func slice(_ from: Int, _ to: Int) -> String {
        var result = String.UnicodeScalarView()
        result.append(contentsOf: scalars[from..<min(to, scalars.count)])
        return String(result)
    }

    private func peek(_ offset: Int = 0) -> Unicode.Scalar? {
        position + offset < scalars.count ? scalars[position + offset] : nil
    }

    private mutating func take(_ scalar: Unicode.Scalar) -> Bool {
        guard peek() == scalar else { return false }
        position += 1
        return true
    }

    private mutating func parseChoice() throws(Pattern.SyntaxError) -> PatternNode {
        var choices: [PatternNode] = []
        // Neighbouring alternatives of one character each are combined into one set, as in RE2.
        var set: ScalarSet?
        repeat {
            let next = try parseSequence()
            if case .scalars(let more) = next, !more.isNegated {
                if set != nil { nodeCount -= 1 }
                set = set ?? ScalarSet()
                set?.ranges += more.ranges
                set?.categories |= more.categories
            } else {
                if let known = set { choices.append(.scalars(known)) }
                set = nil
                choices.append(next)
            }
        } while take("|")
        if let set { choices.append(.scalars(set)) }
        return choices.count == 1 ? choices[0] : .choice(choices)
    }

    private mutating func parseSequence() throws(Pattern.SyntaxError) -> PatternNode {
        var nodes: [PatternNode] = []
        while let next = peek(), next != "|", next != ")" {
            let start = position
            if let (minimum, maximum, isLazy) = try parseRepetition() {
                guard let last = nodes.popLast() else {
                    throw error("missing argument to repetition operator", slice(start, position))
                }
                let repeated =
                    last.isEmpty ? last : .repetition(last, minimum: minimum, maximum: maximum, isLazy: isLazy)
                if max(minimum, maximum ?? 0) >= 2, !repeated.repeats(atMost: Self.maximumRepetition) {
                    throw error("invalid repeat count", slice(start, position))
                }
                nodes.append(repeated)
                let second = position
                if try parseRepetition() != nil {
                    throw error("invalid nested repetition operator", slice(start, max(position, second)))
                }
                continue
            }
            nodes.append(try parseAtom())
        }
        nodes.removeAll(where: \.isEmpty)
        return nodes.count == 1 ? nodes[0] : nodes.isEmpty ? .empty : .sequence(nodes)
    }

    /// `* + ? {n,m}`, each optionally followed by `?` (as few times as possible); nil if there is none.
    private mutating func parseRepetition() throws(Pattern.SyntaxError) -> (Int, Int?, isLazy: Bool)? {
        let result: (Int, Int?)
        switch peek() {
        case "*": result = (0, nil)
        case "+": result = (1, nil)
        case "?": result = (0, 1)
        case "{":
            guard let (range, length) = counted() else { return nil }
            let isTooLarge = range.0 > Self.maximumRepetition || range.1 ?? 0 > Self.maximumRepetition
            if isTooLarge || range.1.map({ $0 < range.0 }) == true {
                throw error("invalid repeat count", slice(position, position + length))
            }
            position += length - 1
            result = range
        default: return nil
        }
        position += 1
        return (result.0, result.1, take("?"))
    }

    /// `{2}`, `{2,}`, `{2,5}`; anything else is plain text.
    private func counted() -> ((Int, Int?), Int)? {
        var index = position + 1
        func number() -> Int? {
            var value: Int?
            while index < scalars.count, let digit = Int(String(scalars[index])), (0...9).contains(digit) {
                value = min((value ?? 0) * 10 + digit, 100_000)
                index += 1
            }
            return value
        }
        guard let minimum = number(), index < scalars.count else { return nil }
        var maximum: Int? = minimum
        if scalars[index] == "," {
            index += 1
            maximum = number()
        }
        guard index < scalars.count, scalars[index] == "}" else { return nil }
        return ((minimum, maximum), index + 1 - position)
    }

    private mutating func countNode() throws(Pattern.SyntaxError) {
        nodeCount += 1
        guard nodeCount <= 2 * PatternCompiler.limit else { throw .tooLarge(text) }
    }

    private mutating func parseAtom() throws(Pattern.SyntaxError) -> PatternNode {
        guard let scalar = peek() else { return .empty }
        try countNode()
        switch scalar {
        case "(": return try parseGroup()
        case "[": return .scalars(folded(try parseClass()))
        case ".":
            position += 1
            return .scalars(flags.dotTakesNewline ? .everything : .notNewline)
        case "^":
            position += 1
            return .assertion(flags.isMultiline ? .lineStart : .textStart)
        case "$":
            position += 1
            return .assertion(flags.isMultiline ? .lineEnd : .textEnd)
        case "\\": return try parseEscape()
        default:
            position += 1
            return .scalars(folded(ScalarSet(ranges: [scalar.value...scalar.value])))
        }
    }

    private func folded(_ set: ScalarSet) -> ScalarSet { flags.foldsCase ? set.foldingCase : set }

    private mutating func parseGroup() throws(Pattern.SyntaxError) -> PatternNode {
        let start = position
        position += 1
        depth += 1
        guard depth <= Self.maximumDepth else { throw error("expression nests too deeply", text) }
        defer { depth -= 1 }
        let outer = flags
        if take("?") {
            if take("P") || peek() == "<" {
                guard take("<") else { throw error("invalid named capture", slice(start, scalars.count)) }
                while let next = peek(), next != ">" { position += 1 }
                guard take(">") else { throw error("invalid named capture", slice(start, scalars.count)) }
            } else if try parseFlags(from: start) {
                return .empty
            }
        }
        let inner = try parseChoice()
        guard take(")") else { throw error("missing closing )", text) }
        flags = outer
        return inner
    }

    /// `(?i)`, `(?i:`; returns true if the group consists only of flags, which then apply to what follows it.
    private mutating func parseFlags(from start: Int) throws(Pattern.SyntaxError) -> Bool {
        var isOn = true
        while let flag = peek() {
            position += 1
            switch flag {
            case "i": flags.foldsCase = isOn
            case "m": flags.isMultiline = isOn
            case "s": flags.dotTakesNewline = isOn
            case "U": break
            case "-": isOn = false
            case ":": return false
            case ")": return true
            default: throw error("invalid or unsupported Perl syntax", slice(start, position))
            }
        }
        throw error("missing closing )", text)
    }

    private mutating func parseEscape() throws(Pattern.SyntaxError) -> PatternNode {
        switch peek(1) {
        case "A":
            position += 2
            return .assertion(.textStart)
        case "z":
            position += 2
            return .assertion(.textEnd)
        case "b":
            position += 2
            return .assertion(.wordBoundary)
        case "B":
            position += 2
            return .assertion(.noWordBoundary)
        case "Q":
            position += 2
            var nodes: [PatternNode] = []
            while let scalar = peek() {
                if scalar == "\\", peek(1) == "E" {
                    position += 2
                    break
                }
                position += 1
                try countNode()
                nodes.append(.scalars(folded(ScalarSet(ranges: [scalar.value...scalar.value]))))
            }
            return nodes.isEmpty ? .empty : .sequence(nodes)
        default: return .scalars(folded(try escapedSet()))
        }
    }

    /// The set that an escape sequence stands for.
    private mutating func escapedSet() throws(Pattern.SyntaxError) -> ScalarSet {
        let start = position
        position += 1
        guard let scalar = peek() else { throw error("trailing backslash at end of expression", "") }
        position += 1
        func one(_ value: UInt32) -> ScalarSet { ScalarSet(ranges: [value...value]) }
        func negated(_ set: ScalarSet) -> ScalarSet { ScalarSet(ranges: set.ranges, isNegated: true) }
        switch scalar {
        case "d": return .digit
        case "D": return negated(.digit)
        case "s": return .space
        case "S": return negated(.space)
        case "w": return .word
        case "W": return negated(.word)
        case "n": return one(0x0A)
        case "r": return one(0x0D)
        case "t": return one(0x09)
        case "f": return one(0x0C)
        case "v": return one(0x0B)
        case "a": return one(0x07)
        case "p", "P": return try category(isNegated: scalar == "P", from: start)
        case "x":
            var digits = ""
            if take("{") {
                while let next = peek(), next != "}" {
                    digits.unicodeScalars.append(next)
                    position += 1
                }
                position += 1
            } else {
                digits = slice(position, position + 2)
                position += 2
            }
            guard let value = UInt32(digits, radix: 16), value <= 0x10FFFF else {
                throw error("invalid escape sequence", slice(start, position))
            }
            return one(value)
        case "0":
            return one(0)
        default:
            guard scalar.isASCII, !scalar.properties.isAlphabetic, !("1"..."9").contains(scalar) else {
                throw error("invalid escape sequence", slice(start, position))
            }
            return one(scalar.value)
        }
    }

    private mutating func category(isNegated: Bool, from start: Int) throws(Pattern.SyntaxError) -> ScalarSet {
        var name = ""
        if take("{") {
            while let next = peek(), next != "}" {
                name.unicodeScalars.append(next)
                position += 1
            }
            position += 1
        } else if let next = peek() {
            name.unicodeScalars.append(next)
            position += 1
        }
        var negated = isNegated
        if name.hasPrefix("^") {
            negated.toggle()
            name.removeFirst()
        }
        guard let categories = ScalarSet.categories(named: name) else {
            throw error("invalid character class range", slice(start, position))
        }
        return ScalarSet(categories: negated ? ScalarSet.allCategories & ~categories : categories)
    }

    // MARK: Classes

    private static let posix: [String: ScalarSet] = [
        "alnum": ScalarSet(ranges: [0x30...0x39, 0x41...0x5A, 0x61...0x7A]),
        "alpha": ScalarSet(ranges: [0x41...0x5A, 0x61...0x7A]),
        "ascii": ScalarSet(ranges: [0...0x7F]),
        "blank": ScalarSet(ranges: [0x09...0x09, 0x20...0x20]),
        "cntrl": ScalarSet(ranges: [0...0x1F, 0x7F...0x7F]),
        "digit": .digit,
        "graph": ScalarSet(ranges: [0x21...0x7E]),
        "lower": ScalarSet(ranges: [0x61...0x7A]),
        "print": ScalarSet(ranges: [0x20...0x7E]),
        "punct": ScalarSet(ranges: [0x21...0x2F, 0x3A...0x40, 0x5B...0x60, 0x7B...0x7E]),
        "space": ScalarSet(ranges: [0x09...0x0D, 0x20...0x20]),
        "upper": ScalarSet(ranges: [0x41...0x5A]),
        "word": .word,
        "xdigit": ScalarSet(ranges: [0x30...0x39, 0x41...0x46, 0x61...0x66]),
    ]

    private mutating func parseClass() throws(Pattern.SyntaxError) -> ScalarSet {
        let start = position
        position += 1
        var set = ScalarSet()
        set.isNegated = take("^")
        var isFirst = true
        while isFirst || peek() != "]" {
            guard let scalar = peek() else { throw error("missing closing ]", slice(start, scalars.count)) }
            isFirst = false
            if scalar == "[", peek(1) == ":", let named = posixClass() {
                set.ranges += named
                continue
            }
            let rangeStart = position
            let item = try classItem()
            guard item.categories == 0, item.ranges.count == 1, !item.isNegated,
                item.ranges[0].lowerBound == item.ranges[0].upperBound
            else {
                set.ranges += item.categories == 0 ? item.plainRanges : []
                set.categories |= item.categories
                continue
            }
            let low = item.ranges[0].lowerBound
            if peek() == "-", let after = peek(1), after != "]" {
                position += 1
                let end = try classItem()
                guard let high = end.ranges.first?.lowerBound, end.ranges.count == 1, high >= low else {
                    throw error("invalid character class range", slice(rangeStart, position))
                }
                set.ranges.append(low...high)
            } else {
                set.ranges.append(low...low)
            }
        }
        position += 1
        return set
    }

    /// `^xdigit`, with some room.
    private static let longestClassName = 8

    private mutating func classItem() throws(Pattern.SyntaxError) -> ScalarSet {
        guard let scalar = peek() else { throw error("missing closing ]", text) }
        if scalar == "\\" { return try escapedSet() }
        position += 1
        return ScalarSet(ranges: [scalar.value...scalar.value])
    }

    private mutating func posixClass() -> [ClosedRange<UInt32>]? {
        var index = position + 2
        let end = min(scalars.count, index + Self.longestClassName + 2)
        while index + 1 < end, !(scalars[index] == ":" && scalars[index + 1] == "]") { index += 1 }
        guard index + 1 < end else { return nil }
        var name = slice(position + 2, index)
        let isNegated = name.hasPrefix("^")
        if isNegated { name.removeFirst() }
        guard var set = Self.posix[name] else { return nil }
        set.isNegated = isNegated
        position = index + 2
        return set.plainRanges
    }
}
