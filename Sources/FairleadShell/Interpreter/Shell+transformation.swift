import FairleadApplets
import FairleadModel

extension Shell {
    /// What an operation such as `${V%x}` makes of a value.
    mutating func transformed(_ parameter: Parameter, _ value: String) async throws(Flow) -> String {
        switch parameter.operation {
        case .none, .fallback: return value
        case .length: return String(value.unicodeScalars.count)
        case .trim(let fromEnd, let longest, let word):
            let pattern = Pattern(try await pattern(word))
            var scalars = Array(value.unicodeScalars)
            try await charge(scalars.count, pattern.count)
            if fromEnd { scalars.reverse() }
            let side = fromEnd ? pattern.reversed : pattern
            guard let count = side.prefix(of: scalars[...], longest: longest) else { return value }
            let kept = scalars.dropFirst(count)
            return fromEnd ? String(kept.reversed()) : String(Array(kept))
        case .replace(let word, let replacement, let all):
            return try await replaced(value, try await pattern(word), with: try await text(replacement), all: all)
        case .slice(let start, let length):
            let scalars = Array(value.unicodeScalars)
            let range = try await range(scalars.count, start, length)
            return String(Array(scalars[range]))
        case .upper(let all): return Self.cased(value, all: all) { $0.uppercased() }
        case .lower(let all): return Self.cased(value, all: all) { $0.lowercased() }
        }
    }

    private static func cased(_ value: String, all: Bool, _ change: (String) -> String) -> String {
        all ? change(value) : change(String(value.prefix(1))) + value.dropFirst()
    }

    /// Refuses work that would take too long.
    private func charge(_ left: Int, _ right: Int) async throws(Flow) {
        if left *| max(1, right) > 50_000_000 { throw await abort("out of memory") }
    }

    private mutating func replaced(
        _ value: String, _ text: String, with replacement: String, all: Bool
    ) async throws(Flow) -> String {
        let anchor = text.first
        let isAnchored = anchor == "#" || anchor == "%"
        let pattern = Pattern(isAnchored ? String(text.dropFirst()) : text)
        let scalars = Array(value.unicodeScalars)
        try await charge(scalars.count, pattern.isOpen ? scalars.count *| pattern.count : pattern.count)
        if isAnchored {
            let isEnd = anchor == "%"
            let side = isEnd ? pattern.reversed : pattern
            let ordered = isEnd ? Array(scalars.reversed()) : scalars
            guard let count = side.prefix(of: ordered[...], longest: true) else { return value }
            return isEnd
                ? String(Array(scalars.dropLast(count))) + replacement
                : replacement + String(Array(scalars.dropFirst(count)))
        }
        var result = ""
        var index = 0
        var isDone = false
        while index < scalars.count {
            if !isDone, let count = pattern.prefix(of: scalars[index...], longest: true), count > 0 {
                result += replacement
                index += count
                isDone = !all
                if result.utf8.count > Self.maximumText { throw await abort("out of memory") }
            } else {
                result.unicodeScalars.append(scalars[index])
                index += 1
            }
        }
        return result
    }

    private mutating func range(_ count: Int, _ start: Word, _ length: Word?) async throws(Flow) -> Range<Int> {
        var first = Int(truncatingIfNeeded: try await arithmetic(start))
        if first < 0 { first = max(0, count +| first) }
        first = min(first, count)
        guard let length else { return first..<count }
        let wanted = Int(truncatingIfNeeded: try await arithmetic(length))
        let end = wanted < 0 ? count +| wanted : first +| wanted
        return first..<max(first, min(count, end))
    }

    /// `${@:2:3}`, `${array[@]:1}`.
    mutating func slice(
        _ values: [String], _ start: Word, _ length: Word?, isArguments: Bool
    ) async throws(Flow) -> [String] {
        let all = isArguments ? [name] + values : values
        return Array(all[try await range(all.count, start, length)])
    }
}

/// `{a,b}` and `{1..5}`, as bash expands them before anything else: in words without quotes or expansions between the
/// braces, to 10,000 words at most.
enum Braces {
    static func expanded(_ word: Word) -> [Word] {
        guard word.parts.contains(where: { if case .text(let text, false) = $0 { text.contains("{") } else { false } })
        else { return [word] }
        for (index, part) in word.parts.enumerated() {
            guard case .text(let text, false) = part, let (before, choices, after) = choices(text) else { continue }
            let tail = Word(parts: [.text(after, isQuoted: false)] + word.parts[(index + 1)...])
            let tails = expanded(tail)
            guard choices.count *| tails.count <= 10_000 else { return [word] }
            let head = Array(word.parts[..<index])
            return choices.flatMap { choice in
                tails.map { tail in
                    Word(parts: head + [.text(before + choice, isQuoted: false)] + tail.parts)
                }
            }
        }
        return [word]
    }

    private static func choices(_ text: String) -> (before: String, choices: [String], after: String)? {
        guard let open = text.firstIndex(of: "{"), let close = text[open...].firstIndex(of: "}") else { return nil }
        let inner = text[text.index(after: open)..<close]
        guard !inner.contains("{") else { return nil }
        let (before, after) = (String(text[..<open]), String(text[text.index(after: close)...]))
        if inner.contains(",") {
            return (before, inner.split(separator: ",", omittingEmptySubsequences: false).map(String.init), after)
        }
        let ends = inner.split(separator: ".", omittingEmptySubsequences: false).map(String.init)
        guard ends.count == 3 || ends.count == 5, ends[1].isEmpty, ends.count == 3 || ends[3].isEmpty else {
            return nil
        }
        return range(ends[0], ends[2], ends.count == 5 ? Int(ends[4]) : 1).map { (before, $0, after) }
    }

    private static func range(_ first: String, _ last: String, _ step: Int?) -> [String]? {
        guard let step, step != 0, step != .min else { return nil }
        let stride = abs(step)
        if let from = Int(first), let to = Int(last) {
            let span = from <= to ? to -| from : from -| to
            guard span / stride < 10_000 else { return nil }
            let width = [first, last].contains { $0.count > 1 && $0.hasPrefix("0") } ? max(first.count, last.count) : 0
            return (0...span / stride).map { index in
                let number = String(from <= to ? from + index * stride : from - index * stride)
                return String(repeating: "0", count: max(0, width - number.count)) + number
            }
        }
        guard first.utf8.count == 1, last.utf8.count == 1, let from = first.utf8.first, let to = last.utf8.first else {
            return nil
        }
        let bytes = from <= to ? Array(from...to) : (to...from).reversed()
        return bytes.enumerated().filter { $0.offset % stride == 0 }.map { String(UnicodeScalar($0.element)) }
    }
}
