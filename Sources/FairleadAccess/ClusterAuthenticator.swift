package import FairleadAPI
package import FairleadIdentity
package import FairleadModel
package import FairleadStorage

/// Finds the user by what the request proves: a client certificate, a token of the token file, or one of a
/// ServiceAccount.
///
/// Whoever proves nothing is anonymous on a port that strangers can reach (TLS), and the administrator on a plain port,
/// which only its owner can reach. Whoever shows a token that is not valid gets 401, on any port, and so does whoever
/// is anonymous, unless `allowsAnonymous`.
package struct ClusterAuthenticator: Authenticator {
    /// Issues and checks the tokens of ServiceAccounts.
    package let tokens: TokenAuthority
    private let file: TokenFile?
    private let store: Store
    private let allowsAnonymous: Bool
    private let onSecretUse: @Sendable (ObjectName) -> Void

    /// - Parameter onSecretUse: told of each use of a token in a Secret; it does not block.
    package init(
        tokens: TokenAuthority, file: TokenFile? = nil, store: Store, allowsAnonymous: Bool = true,
        onSecretUse: @escaping @Sendable (ObjectName) -> Void = { _ in }
    ) {
        self.tokens = tokens
        self.file = file
        self.store = store
        self.allowsAnonymous = allowsAnonymous
        self.onSecretUse = onSecretUse
    }

    package func user(of request: APIRequest) throws(APIStatus) -> UserInfo {
        if request.peer?.isFrontProxy ?? false, let user = FrontProxyHeaders.user(of: request) {
            return user.authenticated
        }
        if let user = request.peer?.certificate?.user { return user.authenticated }
        var authorization: String?
        var protocols: [String] = []
        var isWebSocket = false
        for header in request.headers {
            if header.name.equalsIgnoringASCIICase("authorization") {
                // Two of them are somebody's attempt to have one checked and the other believed.
                guard authorization == nil else { throw .unauthorized }
                authorization = header.value
            } else if header.name.equalsIgnoringASCIICase("sec-websocket-protocol") {
                protocols.append(header.value)
            } else if header.name.equalsIgnoringASCIICase("upgrade") {
                isWebSocket = header.value.equalsIgnoringASCIICase("websocket")
            }
        }
        if let authorization, let token = BearerToken.token(in: authorization) {
            guard case .user(let user, _) = verdict(token, audiences: tokens.audiences) else { throw .unauthorized }
            return user
        }
        switch isWebSocket ? BearerToken.offered(in: protocols) : .none {
        case .token(let token):
            guard case .user(let user, _) = verdict(token, audiences: tokens.audiences) else { throw .unauthorized }
            return user
        case .malformed: throw .unauthorized
        case .none: break
        }
        if request.peer?.hasBadCertificate ?? false { throw .unauthorized }
        let isOpen = request.peer?.isOverTLS ?? false
        if authorization == nil, !isOpen { return EverybodyAdministrates.administrator }
        guard allowsAnonymous else { throw .unauthorized }
        return .anonymous
    }

    package func review(token: String, audiences: [String]) -> TokenVerdict {
        let audiences = audiences.isEmpty ? tokens.audiences : audiences
        // As in a header: what follows a space does not count, and nothing is nobody.
        guard let token = BearerToken.token(in: "Bearer " + token) else {
            return .user(.anonymous, audiences: audiences)
        }
        return verdict(token, audiences: audiences)
    }

    private func verdict(_ token: String, audiences: [String]) -> TokenVerdict {
        if let user = file?.user(token) {
            // These tokens are for the API server.
            let matching = audiences.filter(tokens.audiences.contains)
            if !matching.isEmpty { return .user(user.authenticated, audiences: matching) }
        }
        do throws(TokenFailure) {
            let objects = SnapshotIdentityObjects(snapshot: store.current)
            guard let found = try tokens.authenticate(token, audiences: audiences, objects) else {
                return .invalid([])
            }
            if let secret = found.secret { onSecretUse(secret) }
            return .user(found.user.authenticated, audiences: found.audiences)
        } catch {
            return .invalid([error.message])
        }
    }
}

extension PeerIdentity.Certificate {
    /// nil if the certificate names no user.
    fileprivate var user: UserInfo? {
        if commonName.isEmpty { return nil }
        return UserInfo(
            name: commonName, groups: organizations,
            extra: ["authentication.kubernetes.io/credential-id": ["X509SHA256=\(fingerprint)"]])
    }
}

extension APIStatus {
    /// Without a word about what is wrong with the credentials.
    static let unauthorized = APIStatus(code: 401, reason: "Unauthorized", message: "Unauthorized")
}

/// The objects that tokens depend on, as they are in a snapshot.
package struct SnapshotIdentityObjects: IdentityObjects {
    private let snapshot: Snapshot

    package init(snapshot: Snapshot) { self.snapshot = snapshot }

    package func serviceAccount(namespace: String, name: String) -> Value? {
        object("serviceaccounts", namespace, name)
    }

    package func secret(namespace: String, name: String) -> Value? { object("secrets", namespace, name) }
    package func pod(namespace: String, name: String) -> Value? { object("pods", namespace, name) }
    package func node(name: String) -> Value? { object("nodes", "", name) }

    private func object(_ resource: String, _ namespace: String, _ name: String) -> Value? {
        snapshot.object(ObjectKey(GroupResource(group: "", resource: resource), namespace: namespace, name: name))?
            .value
    }
}
