package import FairleadAPI
import FairleadModel
import Synchronization

/// Two limits for everybody, of reads and of writes: what there is without fairness.
///
/// Members of system:masters are not limited, and what goes on for long does not count.
/// Reference: k8s.io/apiserver `server/filters/maxinflight.go`.
package final class InflightLimits: RequestLimiter {
    private let reads: Int
    private let writes: Int
    private let counts = Mutex<(reads: Int, writes: Int)>((0, 0))

    /// 0 for no limit.
    package init(reads: Int, writes: Int) {
        self.reads = reads
        self.writes = writes
    }

    package func isExempt(_ context: inout RequestContext) -> Bool {
        (context.verb.isRead ? reads : writes) == 0 || context.hasLastingSubresource || context.verb == .watch
            || context.user.groups.contains(UserInfo.mastersGroup)
    }

    package func limit(
        _ context: RequestContext, _ answer: @escaping @Sendable (RequestContext, APIResponse?) -> APIOutcome
    ) -> APIOutcome {
        let isRead = context.verb.isRead
        let limit = isRead ? reads : writes
        let isIn = counts.withLock { counts in
            guard (isRead ? counts.reads : counts.writes) < limit else { return false }
            if isRead { counts.reads += 1 } else { counts.writes += 1 }
            return true
        }
        guard isIn else {
            context.request.share?.set(flow: "", isRefused: true)
            return answer(context, .tooManyRequests)
        }
        return Place(self, isRead: isRead).held(through: answer(context, nil))
    }

    fileprivate func leave(isRead: Bool) {
        counts.withLock { counts in
            if isRead { counts.reads -= 1 } else { counts.writes -= 1 }
        }
    }

    /// Given back when nothing refers to it any more: the work of the request is done, or was never begun.
    private final class Place: Sendable {
        private let limits: InflightLimits
        private let isRead: Bool

        init(_ limits: InflightLimits, isRead: Bool) {
            self.limits = limits
            self.isRead = isRead
        }

        deinit { limits.leave(isRead: isRead) }

        func held(through outcome: APIOutcome) -> APIOutcome {
            switch outcome {
            case .response, .stream, .longRunning, .session: outcome
            case .deferred(let work): .deferred { self.held(through: await work()) }
            case .computed(let work): .computed { self.held(through: await work()) }
            }
        }
    }
}
