/// One run of a pattern over one text: all threads advance together, and each instruction is in at most one of them.
struct PatternMachine {
    private let program: [PatternInstruction]
    private let text: [Unicode.Scalar]
    private var current: ThreadList
    private var next: ThreadList
    private var pending: [Int] = []

    init(_ program: [PatternInstruction], _ text: [Unicode.Scalar]) {
        self.program = program
        self.text = text
        current = ThreadList(program.count)
        next = ThreadList(program.count)
    }

    /// - Returns: nil if it would take more steps than allowed.
    mutating func run(_ allowance: inout Pattern.Allowance) -> Bool? {
        for position in 0...text.count {
            // A match may begin anywhere.
            if Self.add(0, to: &current, &pending, program, text, position) { return true }
            guard allowance.take(current.threads.count + 1) else { return nil }
            guard position < text.count else { return false }
            let scalar = text[position]
            for thread in current.threads {
                guard case .scalars(let set) = program[thread], set.contains(scalar) else { continue }
                if Self.add(thread + 1, to: &next, &pending, program, text, position + 1) { return true }
            }
            swap(&current, &next)
            next.clear()
        }
        return false
    }

    /// Follows the instructions that consume no text; returns true at a match.
    private static func add(
        _ start: Int, to list: inout ThreadList, _ pending: inout [Int], _ program: [PatternInstruction],
        _ text: [Unicode.Scalar], _ position: Int
    ) -> Bool {
        pending.removeAll(keepingCapacity: true)
        pending.append(start)
        while let index = pending.popLast() {
            guard list.insert(index) else { continue }
            switch program[index] {
            case .match: return true
            case .jump(let target): pending.append(target)
            case .split(let first, let second):
                pending.append(second)
                pending.append(first)
            case .assert(let assertion):
                if assertion.holds(text, position) { pending.append(index + 1) }
            case .scalars: break
            }
        }
        return false
    }

    /// The threads at one position, each instruction at most once.
    private struct ThreadList {
        private(set) var threads: [Int] = []
        private var isIn: [Bool]

        init(_ count: Int) { isIn = Array(repeating: false, count: count) }

        mutating func insert(_ index: Int) -> Bool {
            if isIn[index] { return false }
            isIn[index] = true
            threads.append(index)
            return true
        }

        mutating func clear() {
            for index in threads { isIn[index] = false }
            threads.removeAll(keepingCapacity: true)
        }
    }
}
