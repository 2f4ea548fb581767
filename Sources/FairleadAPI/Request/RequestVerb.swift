/// What a request wants to do, in the terms of authorization, audit and metrics.
///
/// Reference: k8s.io/apiserver `endpoints/request` (RequestInfo).
package enum RequestVerb: String, Sendable, Hashable {
    case get, list, watch, create, update, patch, delete, deletecollection
    /// A method that Kubernetes does not know.
    case other

    /// - Parameter path: nil if the request is not about objects: then only the method counts.
    init(_ request: APIRequest, _ path: RequestPath?) {
        switch request.method {
        case .get, .head:
            guard let path else {
                self = .get
                return
            }
            let isWatch = path.isWatch || request.queryValue("watch").map(QueryValue.bool) ?? false
            self = path.name == nil || path.isWatch ? (isWatch ? .watch : .list) : .get
        case .post: self = .create
        case .put: self = .update
        case .patch: self = .patch
        case .delete: self = path.map { $0.name == nil } ?? false ? .deletecollection : .delete
        default: self = .other
        }
    }

    /// Whether it changes nothing.
    package var isRead: Bool { self == .get || self == .list || self == .watch }
}
