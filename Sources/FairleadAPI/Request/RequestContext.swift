import FairleadModel
package import HTTPTypes

/// Who asks for what, and until when: worked out once, from the head of a request, and handed from stage to stage of
/// the pipeline.
package struct RequestContext: Sendable {
    package let request: APIRequest
    /// nil for what is not about objects: health, metrics, discovery, pages for people.
    let path: RequestPath?
    /// Names the request in the answer, in audit and in logs: the client's own `Audit-Id`, or a new one.
    package let auditID: String
    /// Set by authentication.
    package internal(set) var user = UserInfo.anonymous
    /// What every answer warns of, as the path says it: a version that will go. Set when the kind is known.
    var warnings: [String] = []

    package var verb: RequestVerb { RequestVerb(request, path) }
    package var group: String { path?.group ?? "" }
    package var resource: String { path?.resource ?? "" }
    package var subresource: String? { path?.subresource }
    package var namespace: String? { path?.namespace }
    package var name: String? { path?.name }
    package var method: HTTPRequest.Method { request.method }

    /// - Parameter makeID: a new audit id.
    init(_ request: APIRequest, makeID: () -> String) {
        self.request = request
        path = RequestPath(request.path)
        auditID = request.header("Audit-Id").flatMap { Self.isUsable($0) ? $0 : nil } ?? makeID()
    }

    /// It comes back in a header, and goes into logs.
    private static func isUsable(_ id: String) -> Bool {
        !id.isEmpty && id.utf8.count <= 64 && id.utf8.allSatisfy { (0x21...0x7E).contains($0) }
    }
}
