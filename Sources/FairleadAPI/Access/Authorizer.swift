package import FairleadModel

/// Decides whether a user may do what is asked. A stage of the pipeline; it runs on an event loop and does not block.
package protocol Authorizer: Sendable {
    /// - Throws: 403 if not.
    func authorize(_ context: RequestContext) throws(APIStatus)
}

/// Allows everything (kube-apiserver's `--authorization-mode=AlwaysAllow`).
package struct AlwaysAllow: Authorizer {
    package init() {}

    package func authorize(_ context: RequestContext) {}
}
