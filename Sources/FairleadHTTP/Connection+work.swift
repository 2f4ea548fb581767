import FairleadAPI
import NIOCore

/// Answers that take waiting, or computing elsewhere.
extension Connection {
    /// The client of the request that is being answered, which decides whose turn it is: the flow that the limiter has put
    /// it in, otherwise where it comes from.
    var client: ComputeFlow.Key {
        let flow = share.flow
        return ComputeFlow.Key(
            place: flow.isEmpty ? context?.channel.remoteAddress?.ipAddress ?? "" : flow,
            userAgent: assembler.exchange.userAgent)
    }

    /// Computes the answer on the compute pool.
    func compute(_ work: @escaping @Sendable () async -> APIOutcome) {
        let pool = loop.core.compute
        let client = client
        guard let flow = pool.enter(client) else {
            loop.note(.tooManyHeavyRequests)
            return send(Refusal.tooManyRequests)
        }
        let lease = lease
        let computed: @Sendable () async -> APIOutcome = {
            defer {
                pool.leave(client)
                // The body counts against the budget for as long as anybody works on it, even if its client has gone.
                withExtendedLifetime(lease) {}
            }
            // The client has gone, so nobody will read this.
            if Task.isCancelled { return .response(Refusal.outOfTime) }
            return await work()
        }
        start(computed, on: flow)
        isComputing = true
    }

    /// Waits for a program, without a deadline, for as long as the client does.
    func pass(_ work: @escaping @Sendable () async -> APIOutcome) {
        start(work, on: globalConcurrentExecutor)
        isPassing = true
        note.isLong()
        setDeadline(hasInputEnded ? Connection.ticksAfterInput : nil)
    }

    /// Runs the work in a task, and sends its outcome from the event loop.
    func start(_ work: @escaping @Sendable () async -> APIOutcome, on executor: any TaskExecutor) {
        guard let context else { return }
        phase = .deferred
        isComputing = false
        isPassing = false
        setDeadline(max(1, answerTick - loop.tick))
        workNumber += 1
        let number = workNumber
        let eventLoop = context.eventLoop
        let bound = NIOLoopBound(self, eventLoop: eventLoop)
        self.work = DeferredWork.run(on: executor, work) { outcome in
            if eventLoop.inEventLoop {
                bound.value.workEnded(with: outcome, number: number)
            } else {
                eventLoop.execute { bound.value.workEnded(with: outcome, number: number) }
            }
        }
    }

    /// The tick at which the request must be finished: as the request itself asks, but at most the server's limit
    /// (kube-apiserver's `request_deadline.go`).
    var answerTick: Int {
        let timeouts = loop.core.timeouts
        guard let wanted = assembler.exchange.timeout, wanted != .zero else { return answerStart + timeouts.request }
        let ticks = loop.core.configuration.ticks(min(wanted, loop.core.configuration.requestTimeout))
        return answerStart + ticks
    }

    private func workEnded(with outcome: APIOutcome, number: Int) {
        guard case .deferred = phase, number == workNumber else {
            // The client has gone, or has already been told that the request timed out.
            if case .stream(let stream, _, _) = outcome { stream.cancel() }
            return
        }
        work = nil
        answer(outcome)
        takeWaiting()
        flushOut()
    }

    /// Cancels work that only reads; work that writes continues, and its outcome is dropped.
    func abandonWork() {
        work?.cancel()
        work = nil
        workNumber += 1
    }
}
