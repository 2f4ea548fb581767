/// A regular expression in the syntax of RE2, matched in time linear in the text: a pattern that a client writes cannot
/// stall the server.
///
/// Supported is what schemas use: classes, groups, alternation, repetition, anchors, `\d \s \w \b`, POSIX classes and
/// `(?i)`-like flags. Unicode classes (`\p{…}`) know the general categories.
/// Reference: RE2 syntax; "Regular Expression Matching: the Virtual Machine Approach" (Cox).
package struct Pattern: Sendable {
    package let text: String
    private let program: [PatternInstruction]

    /// How many instructions its machine has: a match takes at most about so many steps for each character.
    package var size: Int { program.count }

    /// Why a pattern is none, in the words of Go's regexp.
    package struct SyntaxError: Error, Sendable, Equatable {
        package var code: String
        package var expression: String
        package var message: String { "error parsing regexp: \(code): `\(expression)`" }
    }

    /// The steps that matches may take together.
    package struct Allowance {
        private let limit: Int
        private var remaining: Int

        package init(_ limit: Int) {
            self.limit = limit
            remaining = limit
        }

        package var used: Int { limit - remaining }

        /// - Returns: false when there are not that many left.
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

    /// Whether some part of the text matches. For texts whose length is bounded.
    package func matches(_ text: String) -> Bool {
        var allowance = Allowance(.max)
        return matches(text, within: &allowance) ?? false
    }

    /// Whether some part of the text matches; nil where to know that takes more steps than are left.
    package func matches(_ text: String, within allowance: inout Allowance) -> Bool? {
        var machine = PatternMachine(program, Array(text.unicodeScalars))
        return machine.run(&allowance)
    }
}
