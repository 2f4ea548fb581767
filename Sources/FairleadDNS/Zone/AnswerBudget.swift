/// How much of an answer is worth making: what does not fit into it is cut in the end, so it is not made at all.
struct AnswerBudget: Sendable {
    /// Records; one more than can fit, so that the cut is seen.
    var records: Int
    /// Endpoints that may be looked at for them.
    var steps = AnswerBudget.mostSteps

    static let mostSteps = 20_000
    /// An owner that points to the question, type, class, TTL, length and the shortest data (a name that is a pointer).
    private static let shortestRecord = 14

    static let unlimited = AnswerBudget(records: .max / 2, steps: .max)

    /// - Parameter bytes: of the whole answer.
    init(bytes: Int) { records = bytes / Self.shortestRecord + 1 }

    private init(records: Int, steps: Int) {
        self.records = records
        self.steps = steps
    }
}
