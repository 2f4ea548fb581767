import FairleadContainers

/// Opens once, for everybody who waits at it.
final class Gate: Sendable {
    private let state = Watched(false)

    var isOpen: Bool { state.withLock { $0 } }

    func open() { state.change { $0 = true } }

    /// Returns when it is open, or when the task is cancelled.
    func wait() async { await state.wait { $0 } }

    /// Whether it opened within a time.
    func wait(atMost limit: Duration, _ sleep: @escaping @Sendable (Duration) async -> Void) async -> Bool {
        if isOpen { return true }
        guard limit > .zero else { return false }
        await withTaskGroup(of: Void.self) { group in
            group.addTask { await self.wait() }
            group.addTask { await sleep(limit) }
            await group.next()
            group.cancelAll()
        }
        return isOpen
    }
}
