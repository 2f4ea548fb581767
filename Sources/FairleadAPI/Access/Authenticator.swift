package import FairleadModel

/// Determines who a request is made for. A stage of the pipeline; it runs on an event loop and does not block.
package protocol Authenticator: Sendable {
    /// - Throws: 401 for invalid credentials.
    func user(of request: APIRequest) throws(APIStatus) -> UserInfo

    /// Says whose a token is, as a TokenReview asks.
    /// - Parameter audiences: for whom it has to be; empty for the API server.
    func review(token: String, audiences: [String]) -> TokenVerdict
}

extension Authenticator {
    /// No token is valid.
    package func review(token: String, audiences: [String]) -> TokenVerdict { .invalid([]) }
}

/// What a TokenReview says about a token.
package enum TokenVerdict: Sendable {
    case user(UserInfo, audiences: [String])
    /// - Parameter reasons: besides that it is invalid.
    case invalid(_ reasons: [String])
}

/// Anyone who reaches the port is the administrator.
package struct EverybodyAdministrates: Authenticator {
    /// The name kube-apiserver gave to callers on its insecure port.
    package static let administrator = UserInfo(
        name: "system:unsecured", groups: [UserInfo.mastersGroup, UserInfo.authenticatedGroup])

    package init() {}

    package func user(of request: APIRequest) -> UserInfo { Self.administrator }
}
