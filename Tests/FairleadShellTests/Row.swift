import Testing

/// A command, and what it must write and how it must end.
struct Row: Sendable, CustomTestStringConvertible {
    var command: [String]
    var output: String
    var errors: String
    var code: Int32
    var input: String

    /// A script for `sh -c`.
    init(_ script: String, _ output: String = "", errors: String = "", code: Int32 = 0, input: String = "") {
        self.init(["sh", "-c", script], output, errors: errors, code: code, input: input)
    }

    init(_ command: [String], _ output: String = "", errors: String = "", code: Int32 = 0, input: String = "") {
        self.command = command
        self.output = output
        self.errors = errors
        self.code = code
        self.input = input
    }

    /// For `bash -c`.
    static func bash(_ script: String, _ output: String = "", errors: String = "", code: Int32 = 0) -> Row {
        Row(["bash", "-c", script], output, errors: errors, code: code)
    }

    var testDescription: String { command.last ?? "" }

    var expected: Outcome { Outcome(output: output, errors: errors, code: code) }
}
