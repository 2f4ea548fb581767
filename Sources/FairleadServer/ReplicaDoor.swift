import FairleadAPI
import FairleadModel
import FairleadStorage

/// The requests of a server that shares its store with others: what a client has been told by another replica must be
/// known here before it is answered, as if there were only one.
///
/// A read that names a resourceVersion waits for just that one (`Pipeline`), and 0 takes what is there. All other
/// requests about objects wait until this replica has seen what the store has (KEP-2340).
struct ReplicaDoor: Sendable {
    let pipeline: Pipeline
    let store: Store

    func handle(_ request: APIRequest) -> APIOutcome {
        guard store.isShared, Self.mustBeCurrent(request) else { return pipeline.handle(request) }
        return .deferred {
            do throws(StorageError) {
                try await store.catchUp()
            } catch {
                return .response(Self.refusal(error))
            }
            return pipeline.handle(request)
        }
    }

    static func mustBeCurrent(_ request: APIRequest) -> Bool {
        guard request.path.hasPrefix("/api/") || request.path.hasPrefix("/apis/") else { return false }
        guard request.method == .get else { return true }
        let isPage = !(request.queryValue("continue") ?? "").isEmpty
        return (request.queryValue("resourceVersion") ?? "").isEmpty && !isPage
    }

    private static func refusal(_ error: StorageError) -> APIResponse {
        let status = APIStatus(
            code: 503, reason: "ServiceUnavailable", message: "etcdserver: request timed out: \(error.explanation)")
        return APIResponse(
            status: status.code, contentType: "application/json", headers: [(name: "Retry-After", value: "1")],
            body: [status.value.jsonBytes])
    }
}
