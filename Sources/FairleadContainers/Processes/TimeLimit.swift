package import FairleadModel

extension DelayClock {
    /// What the work returns, if it does so in time; nil otherwise. The work is cancelled then.
    package func first<Answer: Sendable>(
        by deadline: Duration, _ work: @escaping @Sendable () async -> Answer
    ) async -> Answer? {
        await withTaskGroup(of: Answer?.self) { group in
            group.addTask { await work() }
            group.addTask {
                await sleep(until: deadline)
                return nil
            }
            let first = await group.next() ?? nil
            group.cancelAll()
            return first
        }
    }
}
