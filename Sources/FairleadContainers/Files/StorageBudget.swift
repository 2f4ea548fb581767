import Synchronization

/// How much memory the files of all simulated containers may take together: a thousand containers that each fill their
/// disk must not take the machine's.
package final class StorageBudget: Sendable {
    /// Of this process.
    package static let shared = StorageBudget(limit: 512 << 20)

    private let limit: Int
    private let taken = Mutex(0)

    package init(limit: Int) { self.limit = limit }

    /// Bytes that are taken.
    package var used: Int { taken.withLock { $0 } }

    /// Whether there was room for so many bytes more, which are taken then.
    func take(_ bytes: Int) -> Bool {
        taken.withLock { taken in
            guard bytes <= limit - taken else { return false }
            taken += bytes
            return true
        }
    }

    func giveBack(_ bytes: Int) { taken.withLock { $0 = max(0, $0 - bytes) } }
}
