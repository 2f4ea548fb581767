import Synchronization

/// How many bytes of whole answers may wait for their clients, all together: a client that does not read keeps its answer
/// for a minute.
final class UnsentAnswers: Sendable {
    private let free: Atomic<Int>

    init(bytes: Int) { free = Atomic(bytes) }

    /// Given back when nobody refers to it any more.
    final class Share: Sendable {
        private let answers: UnsentAnswers
        private let bytes: Int

        fileprivate init(_ answers: UnsentAnswers, _ bytes: Int) {
            self.answers = answers
            self.bytes = bytes
        }

        deinit { answers.free.add(bytes, ordering: .relaxed) }
    }

    /// - Returns: nil if too much waits.
    func take(_ bytes: Int) -> Share? {
        guard free.subtract(bytes, ordering: .relaxed).newValue >= 0 else {
            free.add(bytes, ordering: .relaxed)
            return nil
        }
        return Share(self, bytes)
    }
}
