import FairleadModel

/// `?timeout`: how long a client is ready to wait for an answer.
///
/// Reference: k8s.io/apiserver `endpoints/filters/request_deadline.go`.
package enum RequestTimeout {
    /// nil for what is no duration, which `check` refuses.
    package static func duration(_ text: String) -> Duration? { try? GoDuration.parse(text) }

    /// - Throws: 400 for a timeout that is no duration; watches do not look at it.
    static func check(_ request: APIRequest, isWatch: Bool) throws(APIStatus) {
        guard !request.query.isEmpty, let text = request.queryValue("timeout"), !text.isEmpty else { return }
        if isWatch || request.queryValue("watch").map(QueryValue.bool) ?? false { return }
        do {
            _ = try GoDuration.parse(text)
        } catch {
            throw .badRequest("invalid timeout specified in the request URL - \(error.message)")
        }
    }
}
