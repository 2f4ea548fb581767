import Synchronization

/// How many calls may be in progress: to one target, such as a webhook or an APIService, and to all.
package final class CallLimit<Target: Hashable & Sendable>: Sendable {
    private let perTarget: Int
    private let total: Int
    private let counts = Mutex<(all: Int, each: [Target: Int])>((0, [:]))

    package init(perTarget: Int, total: Int) {
        self.perTarget = perTarget
        self.total = total
    }

    /// Counts as long as somebody refers to it.
    package final class Permit: Sendable {
        private let limit: CallLimit
        private let target: Target

        fileprivate init(_ limit: CallLimit, _ target: Target) {
            self.limit = limit
            self.target = target
        }

        deinit {
            limit.counts.withLock { counts in
                counts.all -= 1
                let left = (counts.each[target] ?? 1) - 1
                counts.each[target] = left > 0 ? left : nil
            }
        }
    }

    /// - Returns: nil if there are too many.
    package func enter(_ target: Target) -> Permit? {
        let isAdmitted = counts.withLock { counts in
            guard counts.all < total, counts.each[target] ?? 0 < perTarget else { return false }
            counts.all += 1
            counts.each[target, default: 0] += 1
            return true
        }
        return isAdmitted ? Permit(self, target) : nil
    }
}
