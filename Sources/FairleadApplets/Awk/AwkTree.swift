/// The expressions and statements of awk.
indirect enum AwkNode: Sendable {
    case number(Double), string(String)
    /// Alone it is matched with the whole record.
    case regex(RegularExpression)
    case variable(String)
    case field(AwkNode)
    case element(String, [AwkNode])
    case assign(AwkNode, String, AwkNode)
    case binary(String, AwkNode, AwkNode)
    case unary(String, AwkNode)
    /// `++x`, `x--`: the step, and whether it comes before.
    case step(AwkNode, Double, isPrefix: Bool)
    case match(AwkNode, AwkNode, isNegated: Bool)
    case and(AwkNode, AwkNode), or(AwkNode, AwkNode)
    case choice(AwkNode, AwkNode, AwkNode)
    case contains([AwkNode], String)
    case call(String, [AwkNode])
}

indirect enum AwkStatement: Sendable {
    case expression(AwkNode)
    /// Where it goes: a file, and whether it is appended.
    case print([AwkNode], to: AwkNode?, appends: Bool)
    case printf([AwkNode], to: AwkNode?, appends: Bool)
    case block([AwkStatement])
    case branch(AwkNode, AwkStatement, AwkStatement?)
    case loop(start: AwkStatement?, condition: AwkNode?, step: AwkStatement?, body: AwkStatement, testsFirst: Bool)
    case each(String, in: String, AwkStatement)
    case next, breaking, continuing
    case exit(AwkNode?)
    case delete(String, [AwkNode])
}

struct AwkRule: Sendable {
    enum Pattern: Sendable { case begin, end, always, when(AwkNode), range(AwkNode, AwkNode) }

    var pattern: Pattern
    /// nil prints the record.
    var body: AwkStatement?
}

/// Why a program of awk cannot be understood, or goes on no more.
struct AwkFailure: Error {
    var message: String
}
