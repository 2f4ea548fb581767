import FairleadModel

/// `?timeout`: how long a client is willing to wait for an answer.
///
/// Reference: k8s.io/apiserver `endpoints/filters/request_deadline.go`.
package enum RequestTimeout {
    /// nil if the text is not a duration, which `check` refuses.
    package static func duration(_ text: String) -> Duration? { try? GoDuration.parse(text) }

    /// - Throws: 400 for a timeout that is not a duration, whatever is asked for; long-running requests ignore it.
    static func check(_ context: RequestContext) throws(APIStatus) {
        let request = context.request
        guard !request.query.isEmpty, let text = request.queryValue("timeout"), !text.isEmpty else { return }
        if context.verb == .watch || context.subresource.map(longRunning.contains) ?? false { return }
        do {
            _ = try GoDuration.parse(text)
        } catch {
            throw .badRequest("invalid timeout specified in the request URL - \(error.message)")
        }
    }

    private static let longRunning: Set<String> = ["attach", "exec", "log", "portforward", "proxy"]
}
