/// A pattern of the shell: `*`, `?`, `[…]` and backslashes.
///
/// Matching takes time in proportion to the text times the pattern.
package struct Pattern {
    enum Item {
        case any, one
        case scalar(Unicode.Scalar)
        case set(ScalarSet)
    }

    private let items: [Item]

    /// Reads the text of a pattern.
    package init(_ text: String) {
        var items: [Item] = []
        let scalars = Array(text.unicodeScalars)
        var index = 0
        while index < scalars.count {
            let scalar = scalars[index]
            index += 1
            switch scalar {
            case "*": if case .any? = items.last {} else { items.append(.any) }
            case "?": items.append(.one)
            case "\\" where index < scalars.count:
                items.append(.scalar(scalars[index]))
                index += 1
            case "[":
                if let (set, end) = ScalarSet.parse(scalars, index, negations: "!^", escapes: true) {
                    items.append(.set(set))
                    index = end
                } else {
                    items.append(.scalar(scalar))
                }
            default: items.append(.scalar(scalar))
            }
        }
        self.items = items
    }

    private init(items: [Item]) { self.items = items }

    /// The pattern that matches the same texts from their ends.
    package var reversed: Pattern { Pattern(items: items.reversed()) }

    /// Whether it can match texts of different lengths.
    package var isOpen: Bool { items.contains { if case .any = $0 { true } else { false } } }

    /// How many scalars and wildcards it has.
    package var count: Int { items.count }

    private static func accepts(_ item: Item, _ scalar: Unicode.Scalar) -> Bool {
        switch item {
        case .any, .one: true
        case .scalar(let wanted): wanted == scalar
        case .set(let set): set.contains(scalar)
        }
    }

    /// Whether it matches a whole text.
    package func matches(_ text: String) -> Bool {
        let scalars = Array(text.unicodeScalars)
        var (item, position) = (0, 0)
        var retry: (item: Int, position: Int)?
        while position < scalars.count {
            if item < items.count, case .any = items[item] {
                retry = (item + 1, position)
                item += 1
            } else if item < items.count, Self.accepts(items[item], scalars[position]) {
                item += 1
                position += 1
            } else if let last = retry {
                (item, position) = (last.item, last.position + 1)
                retry = (last.item, last.position + 1)
            } else {
                return false
            }
        }
        while item < items.count, case .any = items[item] { item += 1 }
        return item == items.count
    }

    /// How many scalars from the start match: as few or as many as possible; nil for none.
    package func prefix(of scalars: ArraySlice<Unicode.Scalar>, longest: Bool) -> Int? {
        var states = closure([0])
        var found: Int?
        var position = 0
        while true {
            if states.contains(items.count) {
                found = position
                if !longest { return found }
            }
            guard position < scalars.count else { return found }
            let scalar = scalars[scalars.startIndex + position]
            var next: [Int] = []
            for state in states where state < items.count && Self.accepts(items[state], scalar) {
                if case .any = items[state] { next.append(state) } else { next.append(state + 1) }
            }
            if next.isEmpty { return found }
            states = closure(next)
            position += 1
        }
    }

    private func closure(_ states: [Int]) -> [Int] {
        var result: [Int] = []
        for var state in states {
            while true {
                if result.last.map({ $0 >= state }) != true || !result.contains(state) { result.append(state) }
                guard state < items.count, case .any = items[state] else { break }
                state += 1
            }
        }
        return result
    }

    /// The text with what is special in patterns behind backslashes.
    package static func escaped(_ text: String) -> String {
        guard text.utf8.contains(where: { "*?[]\\!^-".utf8.contains($0) }) else { return text }
        var result = ""
        for scalar in text.unicodeScalars {
            if "*?[]\\!^-".unicodeScalars.contains(scalar) { result.unicodeScalars.append("\\") }
            result.unicodeScalars.append(scalar)
        }
        return result
    }
}

/// What is between brackets in patterns and regular expressions.
struct ScalarSet {
    var ranges: [ClosedRange<Unicode.Scalar>] = []
    var isNegated = false

    func contains(_ scalar: Unicode.Scalar) -> Bool { ranges.contains { $0.contains(scalar) } != isNegated }

    /// Reads on after the opening bracket; nil if it is not closed.
    static func parse(
        _ text: [Unicode.Scalar], _ start: Int, negations: String, escapes: Bool
    ) -> (set: ScalarSet, end: Int)? {
        var set = ScalarSet()
        var index = start
        if index < text.count, negations.unicodeScalars.contains(text[index]) {
            set.isNegated = true
            index += 1
        }
        var isFirst = true
        while index < text.count, isFirst || text[index] != "]" {
            isFirst = false
            if text[index] == "[", index + 1 < text.count, text[index + 1] == ":",
                let (ranges, end) = characterClass(text, index + 2)
            {
                set.ranges += ranges
                index = end
                continue
            }
            if escapes, text[index] == "\\", index + 1 < text.count { index += 1 }
            let low = text[index]
            index += 1
            guard index + 1 < text.count, text[index] == "-", text[index + 1] != "]" else {
                set.ranges.append(low...low)
                continue
            }
            index += 1
            if escapes, text[index] == "\\", index + 1 < text.count { index += 1 }
            let high = text[index]
            index += 1
            if low <= high { set.ranges.append(low...high) }
        }
        guard index < text.count else { return nil }
        return (set, index + 1)
    }

    private static func characterClass(
        _ text: [Unicode.Scalar], _ start: Int
    ) -> (ranges: [ClosedRange<Unicode.Scalar>], end: Int)? {
        var name = ""
        var index = start
        while index < text.count, text[index] != ":", name.utf8.count < 8 {
            name.unicodeScalars.append(text[index])
            index += 1
        }
        guard index + 1 < text.count, text[index] == ":", text[index + 1] == "]", let ranges = named(name) else {
            return nil
        }
        return (ranges, index + 2)
    }

    static func named(_ name: String) -> [ClosedRange<Unicode.Scalar>]? {
        switch name {
        case "alpha": ["a"..."z", "A"..."Z"]
        case "digit": ["0"..."9"]
        case "alnum": ["a"..."z", "A"..."Z", "0"..."9"]
        case "upper": ["A"..."Z"]
        case "lower": ["a"..."z"]
        case "space": [" "..." ", "\t"..."\r"]
        case "blank": [" "..." ", "\t"..."\t"]
        case "punct": ["!"..."/", ":"..."@", "["..."`", "{"..."~"]
        case "xdigit": ["0"..."9", "a"..."f", "A"..."F"]
        case "print": [" "..."~"]
        case "graph": ["!"..."~"]
        case "cntrl": ["\u{0}"..."\u{1F}", "\u{7F}"..."\u{7F}"]
        default: nil
        }
    }
}
