import FairleadModel

/// A POSIX regular expression, basic or extended: the leftmost longest match is found, in time proportional to the text
/// times the expression. Back-references are not understood; a text that is too long for its expression never matches.
package struct RegularExpression: Sendable {
    /// The text is no regular expression.
    package struct Malformed: Error, Sendable {}

    /// Where a text matches.
    package struct Match {
        /// The whole, then the groups.
        package var groups: [Range<Int>?]
        /// The whole match.
        package var range: Range<Int>
    }

    indirect enum Node: Sendable {
        case empty, any, start, end, wordEdge, wordStart, wordEnd
        case scalar(Unicode.Scalar)
        case set(ScalarSet)
        case sequence([Node])
        case choice([Node])
        case group(Node, Int)
        case repeated(Node, Int, Int?)
    }

    enum Step: Sendable {
        case scalar(Unicode.Scalar), any, set(ScalarSet)
        case start, end, wordEdge, wordStart, wordEnd
        case split(Int, Int)
        case jump(Int)
        case save(Int)
        case match
    }

    static let maximumSteps = 4_000
    /// Scalars of the text times steps of the expression.
    static let maximumWork = 20_000_000

    private var program: [Step] = []
    /// How many groups it has, without the whole.
    package let groups: Int
    private let ignoresCase: Bool
    /// The text that it must be, if it has nothing special: for a fast search.
    private let literal: [Unicode.Scalar]?

    /// Reads the text of an expression.
    package init(_ text: String, isExtended: Bool, ignoresCase: Bool = false) throws(Malformed) {
        guard text.utf8.count <= 4_096 else { throw Malformed() }
        var parser = ExpressionParser(text, isExtended: isExtended)
        let node = try parser.parse()
        groups = parser.groups
        self.ignoresCase = ignoresCase
        literal = ignoresCase ? nil : Self.literal(node)
        try compile(node)
        program.append(.match)
    }

    private static func literal(_ node: Node) -> [Unicode.Scalar]? {
        switch node {
        case .scalar(let scalar): return [scalar]
        case .sequence(let nodes):
            var result: [Unicode.Scalar] = []
            for node in nodes {
                guard case .scalar(let scalar) = node else { return nil }
                result.append(scalar)
            }
            return result.isEmpty ? nil : result
        default: return nil
        }
    }

    // MARK: - compiling

    private mutating func emit(_ step: Step) throws(Malformed) {
        guard program.count < Self.maximumSteps else { throw Malformed() }
        program.append(step)
    }

    private mutating func compile(_ node: Node) throws(Malformed) {
        switch node {
        case .empty: break
        case .any: try emit(.any)
        case .start: try emit(.start)
        case .end: try emit(.end)
        case .wordEdge: try emit(.wordEdge)
        case .wordStart: try emit(.wordStart)
        case .wordEnd: try emit(.wordEnd)
        case .scalar(let scalar): try emit(.scalar(ignoresCase ? Self.folded(scalar) : scalar))
        case .set(let set): try emit(.set(set))
        case .sequence(let nodes): for node in nodes { try compile(node) }
        case .choice(let nodes):
            var jumps: [Int] = []
            for (index, node) in nodes.enumerated() {
                if index == nodes.count - 1 {
                    try compile(node)
                    break
                }
                let split = program.count
                try emit(.split(split + 1, 0))
                try compile(node)
                jumps.append(program.count)
                try emit(.jump(0))
                program[split] = .split(split + 1, program.count)
            }
            for jump in jumps { program[jump] = .jump(program.count) }
        case .group(let node, let number):
            try emit(.save(2 * number))
            try compile(node)
            try emit(.save(2 * number + 1))
        case .repeated(let node, let low, let high):
            for _ in 0..<low { try compile(node) }
            guard let high else {
                let split = program.count
                try emit(.split(split + 1, 0))
                try compile(node)
                try emit(.jump(split))
                program[split] = .split(split + 1, program.count)
                return
            }
            var splits: [Int] = []
            for _ in 0..<max(0, high - low) {
                splits.append(program.count)
                try emit(.split(program.count + 1, 0))
                try compile(node)
            }
            for split in splits { program[split] = .split(split + 1, program.count) }
        }
    }

    static func folded(_ scalar: Unicode.Scalar) -> Unicode.Scalar {
        ("A"..."Z").contains(scalar) ? Unicode.Scalar(UInt8(truncatingIfNeeded: scalar.value + 32)) : scalar
    }

    // MARK: - matching

    private struct Thread {
        var step: Int
        var saved: [Int]
    }

    /// The first match that begins at or after a place.
    package func match(_ text: [Unicode.Scalar], from start: Int) -> Match? {
        if let literal {
            var index = start
            while index + literal.count <= text.count {
                if text[index] == literal[0], text[index..<index + literal.count].elementsEqual(literal) {
                    let range = index..<index + literal.count
                    return Match(groups: [range], range: range)
                }
                index += 1
            }
            return nil
        }
        guard (text.count - start) *| program.count <= Self.maximumWork else { return nil }
        var threads: [Thread] = []
        var marks = [Int](repeating: -1, count: program.count)
        var best: [Int]?
        let empty = [Int](repeating: -1, count: 2 * (groups + 1))
        for position in start...max(start, text.count) {
            var next: [Thread] = []
            if best == nil {
                var saved = empty
                saved[0] = position
                add(0, saved, position, text, &threads, &marks)
            }
            if threads.isEmpty { if best != nil { break } else { continue } }
            for thread in threads {
                switch program[thread.step] {
                case .match:
                    // The leftmost, then the longest.
                    if best.map({ thread.saved[0] < $0[0] || thread.saved[0] == $0[0] && position > $0[1] }) ?? true {
                        best = thread.saved
                        best?[1] = position
                    }
                case let step where position < text.count && accepts(step, text[position]):
                    next.append(Thread(step: thread.step + 1, saved: thread.saved))
                default: break
                }
            }
            threads = []
            for index in marks.indices { marks[index] = -1 }
            for thread in next where best.map({ thread.saved[0] <= $0[0] }) ?? true {
                add(thread.step, thread.saved, position + 1, text, &threads, &marks)
            }
        }
        guard let best, best[1] >= best[0] else { return nil }
        let ranges = (0...groups).map { group -> Range<Int>? in
            let (low, high) = (best[2 * group], best[2 * group + 1])
            return low >= 0 && high >= low ? low..<high : nil
        }
        return Match(groups: ranges, range: best[0]..<best[1])
    }

    func matches(_ text: String) -> Bool { match(Array(text.unicodeScalars), from: 0) != nil }

    private func accepts(_ step: Step, _ scalar: Unicode.Scalar) -> Bool {
        switch step {
        case .any: return true
        case .scalar(let wanted): return wanted == (ignoresCase ? Self.folded(scalar) : scalar)
        case .set(let set):
            if !ignoresCase { return set.contains(scalar) }
            let upper =
                ("a"..."z").contains(scalar) ? Unicode.Scalar(UInt8(truncatingIfNeeded: scalar.value - 32)) : scalar
            return set.contains(Self.folded(scalar)) || set.contains(upper)
        default: return false
        }
    }

    /// Adds a thread, following what takes no text. Without recursion, as expressions may be long.
    private func add(
        _ step: Int, _ saved: [Int], _ position: Int, _ text: [Unicode.Scalar], _ threads: inout [Thread],
        _ marks: inout [Int]
    ) {
        var open = [(step, saved)]
        while let (step, saved) = open.popLast() {
            // The thread that came here first, with the earlier start, wins.
            if marks[step] >= 0 { continue }
            marks[step] = saved[0]
            switch program[step] {
            case .jump(let target): open.append((target, saved))
            case .split(let first, let second):
                open.append((second, saved))
                open.append((first, saved))
            case .save(let slot):
                var changed = saved
                changed[slot] = position
                open.append((step + 1, changed))
            case .start: if position == 0 { open.append((step + 1, saved)) }
            case .end: if position == text.count { open.append((step + 1, saved)) }
            case .wordEdge, .wordStart, .wordEnd:
                let before = position > 0 && Self.isWord(text[position - 1])
                let after = position < text.count && Self.isWord(text[position])
                let holds =
                    switch program[step] {
                    case .wordStart: !before && after
                    case .wordEnd: before && !after
                    default: before != after
                    }
                if holds { open.append((step + 1, saved)) }
            default: threads.append(Thread(step: step, saved: saved))
            }
        }
    }

    static func isWord(_ scalar: Unicode.Scalar) -> Bool {
        scalar == "_" || scalar.properties.isAlphabetic || scalar.properties.numericType != nil
    }
}
