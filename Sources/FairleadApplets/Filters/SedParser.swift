/// Reads the scripts of `sed`.
struct SedParser {
    private let text: [Character]
    private let isExtended: Bool
    private var at = 0
    private var next = 0
    private var previous: RegularExpression?

    init(_ text: String, isExtended: Bool) {
        self.text = Array(text)
        self.isExtended = isExtended
    }

    private func fail(_ message: String) -> AppletFailure { AppletFailure(message) }

    private mutating func skip(_ characters: String) {
        while at < text.count, characters.contains(text[at]) { at += 1 }
    }

    mutating func commands(depth: Int) throws -> [Sed.Command] {
        guard depth < 20 else { throw fail("too many {") }
        var result: [Sed.Command] = []
        while true {
            skip(" \t\n;")
            guard at < text.count else {
                if depth > 0 { throw fail("unmatched {") }
                return result
            }
            if text[at] == "}" {
                guard depth > 0 else { throw fail("unexpected }") }
                at += 1
                return result
            }
            if text[at] == "#" {
                while at < text.count, text[at] != "\n" { at += 1 }
                continue
            }
            guard result.count < 1_000 else { throw fail("too many commands") }
            result.append(try command(depth: depth))
        }
    }

    private mutating func command(depth: Int) throws -> Sed.Command {
        let first = try address()
        var second: Sed.Address?
        skip(" \t")
        if first != nil, at < text.count, text[at] == "," {
            at += 1
            skip(" \t")
            second = try address()
            if second == nil { throw fail("unexpected `,'") }
        }
        skip(" \t")
        var isNegated = false
        while at < text.count, text[at] == "!" {
            isNegated = true
            at += 1
            skip(" \t")
        }
        guard at < text.count else { throw fail("missing command") }
        let letter = text[at]
        at += 1
        next += 1
        let id = next
        let action: Sed.Action
        switch letter {
        case "s": action = try substitution()
        case "y": action = try translation()
        case "p": action = .print
        case "d": action = .delete
        case "q": action = .quit
        case "n", "N": action = .next
        case "=": action = .number
        case "a": action = .append(words())
        case "i": action = .insert(words())
        case "c": action = .change(words())
        case "{": action = .group(try commands(depth: depth + 1))
        default: throw fail("unsupported command \(letter)")
        }
        return Sed.Command(first: first, second: second, isNegated: isNegated, action: action, id: id)
    }

    private mutating func number() -> Int? {
        var digits = ""
        while at < text.count, text[at].isASCII, text[at].isNumber, digits.count < 9 {
            digits.append(text[at])
            at += 1
        }
        return Int(digits)
    }

    private mutating func address() throws -> Sed.Address? {
        guard at < text.count else { return nil }
        if let line = number() {
            if at < text.count, text[at] == "~" {
                at += 1
                return .step(line, number() ?? 0)
            }
            return .line(line)
        }
        if text[at] == "$" {
            at += 1
            return .last
        }
        guard text[at] == "/" || text[at] == "\\" else { return nil }
        if text[at] == "\\" { at += 1 }
        guard at < text.count else { throw fail("unterminated address regex") }
        let delimiter = text[at]
        at += 1
        let pattern = try part(until: delimiter)
        var ignoresCase = false
        if at < text.count, text[at] == "I" {
            ignoresCase = true
            at += 1
        }
        return .match(try expression(pattern, ignoresCase: ignoresCase))
    }

    private mutating func expression(_ pattern: String, ignoresCase: Bool) throws -> RegularExpression {
        if pattern.isEmpty {
            guard let previous else { throw fail("no previous regexp") }
            return previous
        }
        do throws(RegularExpression.Malformed) {
            let expression = try RegularExpression(pattern, isExtended: isExtended, ignoresCase: ignoresCase)
            previous = expression
            return expression
        } catch {
            throw fail("bad regex '\(pattern)'")
        }
    }

    /// What is before a delimiter; with a backslash the delimiter stands for itself.
    private mutating func part(until delimiter: Character) throws -> String {
        var result = ""
        var isInSet = false
        while at < text.count, text[at] != delimiter || isInSet {
            let character = text[at]
            at += 1
            if character == "\\", at < text.count {
                if text[at] == delimiter, delimiter != "&" {
                    result.append(delimiter)
                } else {
                    result += "\\" + String(text[at])
                }
                at += 1
                continue
            }
            if character == "[", !isInSet, text[at...].prefix(200).contains("]") {
                isInSet = true
            } else if character == "]" {
                isInSet = false
            }
            result.append(character)
        }
        guard at < text.count else { throw fail("unmatched '\(delimiter)'") }
        at += 1
        return result
    }

    private mutating func substitution() throws -> Sed.Action {
        guard at < text.count else { throw fail("unterminated s") }
        let delimiter = text[at]
        at += 1
        let pattern = try part(until: delimiter)
        var replacement = ""
        while at < text.count, text[at] != delimiter {
            if text[at] == "\\", at + 1 < text.count {
                replacement +=
                    text[at + 1] == delimiter && delimiter != "&" ? String(delimiter) : "\\" + String(text[at + 1])
                at += 2
            } else {
                replacement.append(text[at])
                at += 1
            }
        }
        guard at < text.count else { throw fail("unmatched '\(delimiter)'") }
        at += 1
        var (occurrence, all, prints, ignoresCase) = (1, false, false, false)
        flags: while at < text.count {
            if let count = number() {
                occurrence = max(1, count)
                continue
            }
            switch text[at] {
            case "g": all = true
            case "p": prints = true
            case "i", "I": ignoresCase = true
            case "m", "M", "e": break
            default: break flags
            }
            at += 1
        }
        return .substitute(
            try expression(pattern, ignoresCase: ignoresCase), replacement, occurrence: occurrence, all: all,
            prints: prints)
    }

    private mutating func translation() throws -> Sed.Action {
        guard at < text.count else { throw fail("unterminated y") }
        let delimiter = text[at]
        at += 1
        let (from, to) = (Array(try part(until: delimiter)), Array(try part(until: delimiter)))
        guard from.count == to.count else { throw fail("strings for y are of different lengths") }
        var map: [Character: Character] = [:]
        for (one, two) in zip(from, to) where map[one] == nil { map[one] = two }
        return .translate(map)
    }

    /// The text of a, i and c.
    private mutating func words() -> String {
        skip(" \t")
        if at < text.count, text[at] == "\\" {
            at += 1
            skip(" \t\n")
        }
        var result = ""
        while at < text.count, text[at] != "\n" {
            if text[at] == "\\", at + 1 < text.count { at += 1 }
            result.append(text[at])
            at += 1
        }
        return result
    }
}
