package import FairleadModel

/// Group versions that other servers serve: what APIServices with a Service stand for.
package protocol RemoteAPIs: Sendable {
    /// Answers a request about such a version, its discovery or its schema. Called on event loops: it returns after a
    /// few look-ups, what takes longer is in the outcome.
    ///
    /// - Parameters:
    ///   - user: whom the request has been authenticated and authorized as.
    ///   - isLong: whether it takes as long as its client wants: a watch, a log, a connection.
    /// - Returns: nil if the path belongs to no such version.
    func respond(to request: APIRequest, by user: UserInfo, isLong: Bool) -> APIOutcome?
}

/// Nobody else serves anything.
package struct NoRemoteAPIs: RemoteAPIs {
    package init() {}

    package func respond(to request: APIRequest, by user: UserInfo, isLong: Bool) -> APIOutcome? { nil }
}

extension Pipeline {
    /// Another server's answer, if it serves the version.
    func remoteAnswer(_ context: RequestContext) -> APIOutcome? {
        let isLong = context.verb == .watch || context.hasLastingSubresource
        return remote.respond(to: context.request, by: context.user, isLong: isLong)
    }
}
