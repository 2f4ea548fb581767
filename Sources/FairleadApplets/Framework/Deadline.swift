import FairleadContainers
package import FairleadModel

/// Does something within a time; nil if the time is over first. What was being done is cancelled then.
package func within<Answer: Sendable>(
    _ limit: Duration?, _ clock: any DelayClock, _ body: @escaping @Sendable () async throws -> Answer
) async throws -> Answer? {
    guard let limit else { return try await body() }
    let result = await clock.first(by: clock.now + limit) { () -> Result<Answer, any Error> in
        do { return .success(try await body()) } catch { return .failure(error) }
    }
    return try result?.get()
}

extension Duration {
    /// Whole milliseconds, as messages have them.
    var inMilliseconds: Int { Int(saturating: Double(inSeconds) * 1_000) }
}
