/// How much of an answer is worth generating: what does not fit is truncated in the end, so it is not generated at all.
struct AnswerBudget: Sendable {
    /// The number of records; one more than can fit, so that truncation is noticed.
    var records: Int
    /// How many endpoints may be examined for them.
    var steps = AnswerBudget.mostSteps

    static let mostSteps = 20_000
    /// An owner that is a pointer to the question, type, class, TTL, length, and the shortest data (a name that is a
    /// pointer).
    private static let shortestRecord = 14

    static let unlimited = AnswerBudget(records: .max / 2, steps: .max)

    /// - Parameter bytes: the size of the whole answer.
    init(bytes: Int) { records = bytes / Self.shortestRecord + 1 }

    private init(records: Int, steps: Int) {
        self.records = records
        self.steps = steps
    }
}
