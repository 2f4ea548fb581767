/// Finds where a pattern matches: of the matches that begin first the one that RE2 prefers, in time linear in the text.
struct PatternFinder {
    private let program: [PatternInstruction]
    private let text: [Unicode.Scalar]

    init(_ program: [PatternInstruction], _ text: [Unicode.Scalar]) {
        self.program = program
        self.text = text
    }

    private struct Thread {
        let instruction: Int
        let start: Int
    }

    /// The threads that wait at a position, those preferred first, each instruction once.
    private struct ThreadList {
        var threads: [Thread] = []
        private var isIn: [Bool]

        init(_ count: Int) { isIn = Array(repeating: false, count: count) }

        mutating func insert(_ instruction: Int) -> Bool {
            if isIn[instruction] { return false }
            isIn[instruction] = true
            return true
        }

        mutating func clear() {
            threads.removeAll(keepingCapacity: true)
            for index in isIn.indices { isIn[index] = false }
        }
    }

    /// The texts that match, from left to right and without overlaps; nil where to know them takes more steps than are
    /// left.
    func occurrences(most: Int, within allowance: inout Pattern.Allowance) -> [String]? {
        var found: [String] = []
        var position = 0
        var previousEnd = -1
        while found.count < most, position <= text.count {
            switch match(from: position, &allowance) {
            case nil: return nil
            case .some(nil): return found
            case .some(let range?):
                // An empty match right behind another one does not count.
                if !(range.isEmpty && range.lowerBound == previousEnd) {
                    found.append(String(String.UnicodeScalarView(text[range])))
                }
                previousEnd = range.upperBound
                position = range.isEmpty ? range.upperBound + 1 : range.upperBound
            }
        }
        return found
    }

    private func match(from first: Int, _ allowance: inout Pattern.Allowance) -> Range<Int>?? {
        var current = ThreadList(program.count)
        var next = ThreadList(program.count)
        var pending: [Int] = []
        var best: Range<Int>?
        for position in first...text.count {
            if best == nil { add(0, position, to: &current, &pending, position) }
            guard allowance.take(program.count / 8 + current.threads.count + 1) else { return nil }
            if current.threads.isEmpty, best != nil { return .some(best) }
            threads: for thread in current.threads {
                switch program[thread.instruction] {
                case .match:
                    best = thread.start..<position
                    // What is preferred less does not matter any more.
                    break threads
                case .scalars(let set):
                    if position < text.count, set.contains(text[position]) {
                        add(thread.instruction + 1, thread.start, to: &next, &pending, position + 1)
                    }
                case .assert, .jump, .split: break
                }
            }
            swap(&current, &next)
            next.clear()
        }
        return .some(best)
    }

    /// Follows the instructions that take no text.
    private func add(
        _ instruction: Int, _ start: Int, to list: inout ThreadList, _ pending: inout [Int], _ position: Int
    ) {
        pending.removeAll(keepingCapacity: true)
        pending.append(instruction)
        while let index = pending.popLast() {
            guard list.insert(index) else { continue }
            switch program[index] {
            case .match, .scalars: list.threads.append(Thread(instruction: index, start: start))
            case .jump(let target): pending.append(target)
            case .split(let preferred, let other):
                pending.append(other)
                pending.append(preferred)
            case .assert(let assertion): if assertion.holds(text, position) { pending.append(index + 1) }
            }
        }
    }
}
