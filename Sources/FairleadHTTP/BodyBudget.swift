import Synchronization

/// How many bytes of request bodies the server holds at a time, across all clients.
final class BodyBudget: Sendable {
    private let free: Atomic<Int>

    init(bytes: Int) { free = Atomic(bytes) }

    fileprivate func take(_ bytes: Int) -> Bool {
        if free.subtract(bytes, ordering: .relaxed).newValue >= 0 { return true }
        give(back: bytes)
        return false
    }

    fileprivate func give(back bytes: Int) { free.add(bytes, ordering: .relaxed) }
}

/// What one request's body takes from the budget; given back when nothing refers to the request any more.
final class BodyLease: Sendable {
    private let budget: BodyBudget
    private let bytes = Atomic<Int>(0)

    init(_ budget: BodyBudget) { self.budget = budget }

    deinit { budget.give(back: bytes.load(ordering: .relaxed)) }

    /// - Returns: false if the server already holds too much.
    func grow(by more: Int) -> Bool {
        guard budget.take(more) else { return false }
        bytes.add(more, ordering: .relaxed)
        return true
    }
}
