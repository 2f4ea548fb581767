import FairleadAPI
import FairleadModel

/// Whom a proxy in front of this server speaks for, as its headers say. Only proxies that the listener has recognised by
/// their certificates are listened to (`PeerIdentity.isFrontProxy`); from others these headers mean nothing.
///
/// Reference: k8s.io/apiserver `authentication/request/headerrequest`.
enum FrontProxyHeaders {
    private static let userName = "X-Remote-User"
    private static let uid = "X-Remote-Uid"
    private static let group = "x-remote-group"
    private static let extraPrefix = "x-remote-extra-"

    /// nil if the proxy speaks for itself.
    static func user(of request: APIRequest) -> UserInfo? {
        guard let name = request.header(userName), !name.isEmpty else { return nil }
        var user = UserInfo(name: name, uid: request.header(uid) ?? "")
        for header in request.headers {
            if header.name.equalsIgnoringASCIICase(group) {
                user.groups.append(header.value)
            } else if header.name.utf8.count > extraPrefix.utf8.count,
                String(header.name.prefix(extraPrefix.count)).equalsIgnoringASCIICase(extraPrefix)
            {
                let key = header.name.dropFirst(extraPrefix.count).lowercased().removingPercentEscapes
                user.extra[key, default: []].append(header.value)
            }
        }
        return user
    }
}
