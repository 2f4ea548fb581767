package import FairleadModel
package import HTTPTypes

/// Who asks for what, and until when: determined once, from the head of a request, and passed from stage to stage of
/// the pipeline.
package struct RequestContext: Sendable {
    /// What the request says, and stays as it is: shared by all copies.
    private final class Head: Sendable {
        let request: APIRequest
        let path: RequestPath?
        let auditID: String

        init(_ request: APIRequest, _ path: RequestPath?, _ auditID: String) {
            self.request = request
            self.path = path
            self.auditID = auditID
        }
    }

    private let head: Head
    package var request: APIRequest { head.request }
    /// nil for requests that are not about objects: health, metrics, discovery, pages for people.
    var path: RequestPath? { head.path }
    /// Identifies the request in the answer, the audit log and other logs: the client's own `Audit-Id`, or a new one.
    package var auditID: String { head.auditID }
    /// Headers of the answer that do not depend on it.
    package var shared = SharedHeaders.none
    /// Set by authentication.
    package internal(set) var user = UserInfo.anonymous
    /// What admission says about a write; nil for reads.
    package internal(set) var notes: AdmissionNotes?
    /// Where the request is written down; nil if it is not.
    var trail: (any AuditTrail)?
    /// Warnings that every answer on this path carries: a version that will be removed. Set once the kind is known.
    var warnings: [String] = []

    /// On whose behalf a write is made.
    var requester: Requester {
        var requester = Requester(user, notes: notes ?? AdmissionNotes())
        requester.pathName = name ?? ""
        return requester
    }

    package var verb: RequestVerb { RequestVerb(request, path) }
    package var group: String { path?.group ?? "" }
    package var resource: String { path?.resource ?? "" }
    package var subresource: String? { path?.subresource }
    package var namespace: String? { path?.namespace }
    package var name: String? { path?.name }
    package var method: HTTPRequest.Method { request.method }

    /// - Parameter makeID: creates an audit id.
    init(_ request: APIRequest, makeID: () -> String) {
        head = Head(
            request, RequestPath(request.path),
            request.header("Audit-Id").flatMap { Self.isUsable($0) ? $0 : nil } ?? makeID())
        if request.method != .get, request.method != .head { notes = AdmissionNotes() }
    }

    /// It is sent back in a header and written to logs.
    private static func isUsable(_ id: String) -> Bool {
        !id.isEmpty && id.utf8.count <= 64 && id.utf8.allSatisfy { (0x21...0x7E).contains($0) }
    }
}
