package import FairleadModel

/// Issues the tokens of ServiceAccounts, and says whose a token is.
///
/// Reference: k8s.io/kubernetes `pkg/serviceaccount`; "Managing Service Accounts".
package final class TokenAuthority: Sendable {
    /// The issuers whose tokens are valid; the first one issues.
    package let issuers: [String]
    /// Who the API server is, in tokens.
    package let audiences: [String]
    package let keys: TokenKeySource
    private let now: @Sendable () -> Timestamp
    private let cache = VerifiedTokenCache()

    static let legacyIssuer = "kubernetes/serviceaccount"

    /// - Parameter audiences: the issuers', if empty.
    package init(
        issuers: [String], audiences: [String] = [], keys: TokenKeySource,
        now: @escaping @Sendable () -> Timestamp
    ) {
        self.issuers = issuers
        self.audiences = audiences.isEmpty ? Array(issuers.prefix(1)) : audiences
        self.keys = keys
        self.now = now
    }

    package var issuer: String { issuers.first ?? "" }

    // MARK: - issuing

    package func token(_ claims: TokenClaims) throws(IdentityError) -> String {
        try sign(claims.object(issuer: issuer))
    }

    /// The token of a Secret of the type `kubernetes.io/service-account-token`, which does not expire.
    package func legacyToken(namespace: String, account: ObjectClaim, secret: String) throws(IdentityError) -> String {
        let prefix = LegacyClaims.prefix
        var claims: Object = ["iss": .string(Self.legacyIssuer)]
        claims[prefix + "namespace"] = .string(namespace)
        claims[prefix + "secret.name"] = .string(secret)
        claims[prefix + "service-account.name"] = .string(account.name)
        claims[prefix + "service-account.uid"] = .string(account.uid)
        claims["sub"] = .string(ServiceAccountName(namespace: namespace, name: account.name).user)
        return try sign(claims)
    }

    private func sign(_ claims: Object) throws(IdentityError) -> String {
        let keys = try keys.complete()
        guard let key = keys.signing else { throw IdentityError("there is no key to sign tokens with") }
        return try JSONWebToken.sign(claims, with: key, id: keys.signingID, keys.algorithm)
    }

    // MARK: - authenticating

    /// Says whose a token is.
    ///
    /// - Parameter audiences: for whom it has to be.
    /// - Returns: nil for what is no token of this authority.
    package func authenticate(
        _ text: String, audiences requested: [String], _ objects: some IdentityObjects
    ) throws(TokenFailure) -> AuthenticatedToken? {
        guard let token = try verified(text) else { return nil }
        let own = token.registered.audiences.isEmpty ? audiences : token.registered.audiences
        let matching = requested.filter(own.contains)
        guard !matching.isEmpty || audiences.isEmpty else {
            throw TokenFailure(
                "token audiences \(Self.list(own)) is invalid for the target audiences \(Self.list(requested))")
        }
        let validity = TokenValidity(objects: objects, now: now())
        switch token.content {
        case .bound(let claims):
            return AuthenticatedToken(
                user: try validity.user(of: claims, token.registered), audiences: matching)
        case .legacy(let claims):
            return AuthenticatedToken(
                user: try validity.user(of: claims, token.registered, token: text), audiences: matching,
                secret: ObjectName(namespace: claims.namespace, name: claims.secret))
        }
    }

    /// The subject of a token, checked as somebody outside of the cluster would: signature, audience and times.
    package func subject(of text: String, audience: String) throws(TokenFailure) -> String {
        guard let token = try verified(text), case .bound = token.content else {
            throw TokenFailure("not a token of \(issuer)")
        }
        guard token.registered.audiences.contains(audience) else {
            throw TokenFailure(
                "expected audience \(audience.goQuoted) got \(Self.list(token.registered.audiences))")
        }
        if let fault = token.registered.fault(at: now()) { throw TokenFailure(fault) }
        return token.registered.subject
    }

    /// The token, if the signature is good.
    /// - Returns: nil for what is no token of this authority.
    func verified(_ text: String) throws(TokenFailure) -> VerifiedToken? {
        if text.utf8.count > JSONWebToken.largest { return nil }
        let key = VerifiedTokenCache.Key(text)
        if let known = cache.token(key) { return known }
        guard let token = JSONWebToken(text) else { return nil }
        let isLegacy = token.issuer == Self.legacyIssuer
        guard isLegacy || issuers.contains(token.issuer) else { return nil }
        let keys = keys.present
        guard !keys.verifying.isEmpty else { throw TokenFailure("invalid signature, no keys found") }
        let isSigned = keys.candidates(token.keyID).contains { key in
            key.algorithm == token.algorithm && key.isValid(token.signature, for: token.signed)
        }
        guard isSigned else { throw TokenFailure("go-jose/go-jose: error in cryptographic primitive") }
        let result = VerifiedToken(
            registered: RegisteredClaims(token.claims),
            content: isLegacy ? .legacy(LegacyClaims(token.claims)) : .bound(BoundClaims(token.claims)))
        cache.remember(key, result)
        return result
    }

    /// As Go prints a list of strings with %q.
    private static func list(_ texts: [String]) -> String {
        "[" + texts.map(\.goQuoted).joined(separator: " ") + "]"
    }
}

/// Whose a token is.
package struct AuthenticatedToken: Sendable {
    package var user: UserInfo
    /// Those of the audiences that were asked for, and that the token is for.
    package var audiences: [String]
    /// The Secret that holds it, whose last use is noted.
    package var secret: ObjectName?
}

/// A token with a good signature.
struct VerifiedToken: Sendable {
    enum Content: Sendable {
        case bound(BoundClaims)
        case legacy(LegacyClaims)
    }

    let registered: RegisteredClaims
    let content: Content
}
