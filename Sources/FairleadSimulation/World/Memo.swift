import Synchronization

/// Answers that depend on nothing but the question, such as those about images: the pods of one template all ask the
/// same.
final class Memo<Question: Hashable & Sendable, Answer: Sendable>: Sendable {
    private static var most: Int { 256 }

    private let answers = Mutex<[Question: Answer]>([:])

    func answer(_ question: Question, _ find: () -> Answer) -> Answer {
        if let known = answers.withLock({ $0[question] }) { return known }
        let answer = find()
        return answers.withLock { answers in
            if let known = answers[question] { return known }
            if answers.count >= Self.most { answers = [:] }
            answers[question] = answer
            return answer
        }
    }
}
