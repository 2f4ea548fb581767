import FairleadAPI
import FairleadModel

/// One request of a part of this program: as whom, and where it is written down.
struct LoopbackRequest: Sendable {
    let requester: Requester
    /// nil if it is not.
    let trail: (any AuditTrail)?

    /// Does what is asked, and notes how that ended.
    ///
    /// - Parameter code: the status of a success.
    func answer(
        _ code: Int = 200, _ work: (Requester) async throws(APIStatus) -> Value
    ) async throws(APIStatus) -> Value {
        guard let trail else { return try await work(requester) }
        do throws(APIStatus) {
            let answer = try await work(requester)
            trail.end(code, answer)
            return answer
        } catch {
            trail.end(error)
            throw error
        }
    }
}
