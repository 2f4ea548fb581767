package import FairleadModel

/// Decides whether somebody may do what is asked. A stage of the pipeline; it runs on an event loop and does not wait.
package protocol Authorizer: Sendable {
    /// - Throws: 403 if not.
    func authorize(_ context: RequestContext) throws(APIStatus)
}

/// Lets everything pass (kube-apiserver's `--authorization-mode=AlwaysAllow`).
package struct AlwaysAllow: Authorizer {
    package init() {}

    package func authorize(_ context: RequestContext) {}
}
