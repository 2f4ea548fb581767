package import FairleadModel

/// Finds out who a request is made for. A stage of the pipeline; it runs on an event loop and does not wait.
package protocol Authenticator: Sendable {
    /// - Throws: 401 for credentials that are wrong.
    func user(of request: APIRequest) throws(APIStatus) -> UserInfo
}

/// Whoever reaches the port is the administrator, or whom the administrator acts as (`Impersonate-User`): the server
/// listens on loopback only.
package struct EverybodyAdministrates: Authenticator {
    /// Named as kube-apiserver named those who came through its insecure port.
    package static let administrator = UserInfo(
        name: "system:unsecured", groups: ["system:masters", authenticatedGroup])

    private static let authenticatedGroup = "system:authenticated"

    package init() {}

    package func user(of request: APIRequest) -> UserInfo {
        guard let other = request.header("Impersonate-User"), !other.isEmpty else { return Self.administrator }
        var groups = request.headers.filter { $0.name.equalsIgnoringASCIICase("impersonate-group") }.map(\.value)
        if !groups.contains(Self.authenticatedGroup) { groups.append(Self.authenticatedGroup) }
        return UserInfo(name: other, groups: groups)
    }
}
