/// A regular expression in the syntax of RE2, matched in time linear in the text: a pattern that a client writes cannot
/// stall the server.
///
/// Supported is what schemas use: classes, groups, alternation, repetition, anchors, `\d \s \w \b`, POSIX classes and
/// `(?i)`-like flags. Unicode classes (`\p{…}`) know the general categories.
/// Reference: RE2 syntax; "Regular Expression Matching: the Virtual Machine Approach" (Cox).
package struct Pattern: Sendable {
    package let text: String
    private let program: [PatternInstruction]

    /// Why a pattern is none, in the words of Go's regexp.
    package struct SyntaxError: Error, Sendable, Equatable {
        package var code: String
        package var expression: String
        package var message: String { "error parsing regexp: \(code): `\(expression)`" }
    }

    package init(_ text: String) throws(SyntaxError) {
        var parser = PatternParser(text)
        let node = try parser.parse()
        var compiler = PatternCompiler()
        try compiler.compile(node, text)
        self.text = text
        program = compiler.program
    }

    /// Whether some part of the text matches.
    package func matches(_ text: String) -> Bool {
        let scalars = Array(text.unicodeScalars)
        var current = ThreadList(program.count)
        var next = ThreadList(program.count)
        for position in 0...scalars.count {
            // A match may begin anywhere.
            if add(0, to: &current, scalars, position) { return true }
            guard position < scalars.count else { return false }
            let scalar = scalars[position]
            for thread in current.threads {
                guard case .scalars(let set) = program[thread], set.contains(scalar) else { continue }
                if add(thread + 1, to: &next, scalars, position + 1) { return true }
            }
            swap(&current, &next)
            next.clear()
        }
        return false
    }

    /// Follows the instructions that take no text; true at a match.
    private func add(_ start: Int, to list: inout ThreadList, _ text: [Unicode.Scalar], _ position: Int) -> Bool {
        var pending = [start]
        while let index = pending.popLast() {
            guard list.insert(index) else { continue }
            switch program[index] {
            case .match: return true
            case .jump(let target): pending.append(target)
            case .split(let first, let second): pending += [second, first]
            case .assert(let assertion):
                if assertion.holds(text, position) { pending.append(index + 1) }
            case .scalars: break
            }
        }
        return false
    }

    /// The threads that wait at a position, each instruction once.
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
