import Synchronization

/// How many requests may be passed on to programs at a time: each may hold an answer in memory.
final class PassingLimit: Sendable {
    private static let maximum = 256
    private let count = Atomic<Int>(0)

    /// Counts as long as somebody refers to it.
    final class Permit: Sendable {
        private let limit: PassingLimit
        fileprivate init(_ limit: PassingLimit) { self.limit = limit }
        deinit { limit.count.subtract(1, ordering: .relaxed) }
    }

    /// - Returns: nil if there are too many.
    func enter() -> Permit? {
        guard count.add(1, ordering: .relaxed).newValue <= Self.maximum else {
            count.subtract(1, ordering: .relaxed)
            return nil
        }
        return Permit(self)
    }
}
