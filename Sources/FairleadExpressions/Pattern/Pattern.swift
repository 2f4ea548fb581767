/// A regular expression in RE2 syntax, matched in time linear in the text: a pattern written by a client cannot stall
/// the server.
///
/// It supports what schemas use: classes, groups, alternation, repetition, anchors, `\d \s \w \b`, POSIX classes and
/// flags such as `(?i)`. Unicode classes (`\p{…}`) are limited to the general categories.
/// Reference: RE2 syntax; "Regular Expression Matching: the Virtual Machine Approach" (Cox).
package struct Pattern: Sendable {
    package let text: String
    private let program: [PatternInstruction]

    /// The number of instructions of its machine: matching takes at most about that many steps per character.
    package var size: Int { program.count }

    /// Why a pattern is invalid, with the messages of Go's regexp.
    package struct SyntaxError: Error, Sendable, Equatable {
        package var code: String
        package var expression: String
        package var message: String { "error parsing regexp: \(code): `\(expression)`" }
    }

    /// A budget of steps that several matches share.
    package struct Allowance {
        private let limit: Int
        private var remaining: Int

        package init(_ limit: Int) {
            self.limit = limit
            remaining = limit
        }

        package var used: Int { limit - remaining }

        /// - Returns: false if fewer steps are left.
        mutating func take(_ steps: Int) -> Bool {
            guard steps <= remaining else {
                remaining = 0
                return false
            }
            remaining -= steps
            return true
        }
    }

    package init(_ text: String) throws(SyntaxError) {
        var parser = PatternParser(text)
        let node = try parser.parse()
        var compiler = PatternCompiler()
        try compiler.compile(node, text)
        self.text = text
        program = compiler.program
    }

    /// Whether some part of the text matches. For texts of bounded length.
    package func matches(_ text: String) -> Bool {
        var allowance = Allowance(.max)
        return matches(text, within: &allowance) ?? false
    }

    /// The parts of the text that match, from left to right; nil where to know them takes more steps than are left.
    func occurrences(in text: String, most: Int, within allowance: inout Allowance) -> [String]? {
        PatternFinder(program, Array(text.unicodeScalars)).occurrences(most: most, within: &allowance)
    }

    /// Whether some part of the text matches; nil if finding out takes more steps than are left.
    package func matches(_ text: String, within allowance: inout Allowance) -> Bool? {
        var machine = PatternMachine(program, Array(text.unicodeScalars))
        return machine.run(&allowance)
    }
}
