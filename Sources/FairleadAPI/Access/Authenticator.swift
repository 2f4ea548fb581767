package import FairleadModel

/// Determines who a request is made for. A stage of the pipeline; it runs on an event loop and does not block.
package protocol Authenticator: Sendable {
    /// - Throws: 401 for invalid credentials.
    func user(of request: APIRequest) throws(APIStatus) -> UserInfo
}

/// Anyone who reaches the port is the administrator, or the user the administrator impersonates (`Impersonate-User`):
/// the server listens on loopback only.
package struct EverybodyAdministrates: Authenticator {
    /// The name kube-apiserver gave to callers on its insecure port.
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
