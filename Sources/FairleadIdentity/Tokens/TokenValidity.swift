import FairleadModel

/// The claims of a token that is bound to objects.
struct BoundClaims: Sendable {
    let namespace: String
    let account: ObjectClaim
    let pod: ObjectClaim?
    let secret: ObjectClaim?
    let node: ObjectClaim?

    init(_ claims: Value) {
        let own = claims["kubernetes.io"]
        namespace = own?.text("namespace") ?? ""
        account = ObjectClaim(claim: own?["serviceaccount"]) ?? ObjectClaim(name: "", uid: "")
        pod = ObjectClaim(claim: own?["pod"])
        secret = ObjectClaim(claim: own?["secret"])
        node = ObjectClaim(claim: own?["node"])
    }
}

/// The claims of a token in a Secret.
struct LegacyClaims: Sendable {
    static let prefix = "kubernetes.io/serviceaccount/"

    let namespace: String
    let secret: String
    let account: ObjectClaim

    init(_ claims: Value) {
        namespace = claims.text(Self.prefix + "namespace")
        secret = claims.text(Self.prefix + "secret.name")
        account = ObjectClaim(
            name: claims.text(Self.prefix + "service-account.name"),
            uid: claims.text(Self.prefix + "service-account.uid"))
    }
}

/// Whether what a token says still holds: its times, and the objects that it depends on.
struct TokenValidity<Objects: IdentityObjects> {
    let objects: Objects
    let now: Timestamp

    private static var invalidated: TokenFailure { TokenFailure("service account token has been invalidated") }

    // MARK: - bound tokens

    func user(of claims: BoundClaims, _ registered: RegisteredClaims) throws(TokenFailure) -> UserInfo {
        if let fault = registered.fault(at: now) { throw TokenFailure(fault) }
        let account = try serviceAccount(claims.namespace, claims.account)
        if isGone(account) { throw Self.invalidated }
        var extra: [String: [String]] = [:]
        if let claim = claims.secret {
            try check(claim, objects.secret(namespace: claims.namespace, name: claim.name), "secret", "secret ref")
        }
        if let claim = claims.pod {
            try check(claim, objects.pod(namespace: claims.namespace, name: claim.name), "pod", "pod ref")
            extra["authentication.kubernetes.io/pod-name"] = [claim.name]
            extra["authentication.kubernetes.io/pod-uid"] = [claim.uid]
        }
        if let claim = claims.node {
            // The node of a pod is only told: the pod decides.
            if claims.pod == nil { try check(claim, objects.node(name: claim.name), "node", "node ref") }
            extra["authentication.kubernetes.io/node-name"] = [claim.name]
            if !claim.uid.isEmpty { extra["authentication.kubernetes.io/node-uid"] = [claim.uid] }
        }
        if !registered.id.isEmpty { extra["authentication.kubernetes.io/credential-id"] = ["JTI=\(registered.id)"] }
        return user(claims.namespace, account, extra)
    }

    private func serviceAccount(_ namespace: String, _ claim: ObjectClaim) throws(TokenFailure) -> Value {
        guard let account = objects.serviceAccount(namespace: namespace, name: claim.name) else {
            throw TokenFailure("serviceaccounts \(claim.name.goQuoted) not found")
        }
        guard account.uid == claim.uid else {
            throw TokenFailure("service account UID (\(account.uid)) does not match claim (\(claim.uid))")
        }
        return account
    }

    private func check(
        _ claim: ObjectClaim, _ object: Value?, _ kind: String, _ reference: String
    ) throws(TokenFailure) {
        guard let object else { throw Self.invalidated }
        guard object.uid == claim.uid else {
            throw TokenFailure(
                "\(kind) UID (\(object.uid)) does not match service account \(reference) claim (\(claim.uid))")
        }
        if isGone(object) { throw Self.invalidated }
    }

    /// Whether an object has been deleted for longer than clocks differ. Until then its finalizers may need the token.
    private func isGone(_ object: Value) -> Bool {
        guard let text = object.deletionTimestamp, let deleted = Timestamp(rfc3339: text) else { return false }
        return deleted < now.adding(seconds: -RegisteredClaims.leeway)
    }

    // MARK: - tokens in Secrets

    func user(
        of claims: LegacyClaims, _ registered: RegisteredClaims, token: String
    ) throws(TokenFailure) -> UserInfo {
        if registered.subject.isEmpty { throw TokenFailure("sub claim is missing") }
        if claims.namespace.isEmpty { throw TokenFailure("namespace claim is missing") }
        if claims.secret.isEmpty { throw TokenFailure("secretName claim is missing") }
        if claims.account.name.isEmpty { throw TokenFailure("serviceAccountName claim is missing") }
        if claims.account.uid.isEmpty { throw TokenFailure("serviceAccountUID claim is missing") }
        let name = ServiceAccountName(namespace: claims.namespace, name: claims.account.name)
        guard name.user == registered.subject else { throw TokenFailure("sub claim is invalid") }
        guard let secret = objects.secret(namespace: claims.namespace, name: claims.secret),
            secret.deletionTimestamp == nil
        else { throw TokenFailure("Token has been invalidated") }
        guard Base64.decode(secret["data"]?.text("token") ?? "") == Array(token.utf8) else {
            throw TokenFailure("Token does not match server's copy")
        }
        guard let account = objects.serviceAccount(namespace: claims.namespace, name: claims.account.name) else {
            throw TokenFailure("serviceaccounts \(claims.account.name.goQuoted) not found")
        }
        if account.deletionTimestamp != nil {
            throw TokenFailure("ServiceAccount \(claims.namespace)/\(claims.account.name) has been deleted")
        }
        guard account.uid == claims.account.uid else {
            throw TokenFailure("ServiceAccount UID (\(account.uid)) does not match claim (\(claims.account.uid))")
        }
        if let since = secret.labels[LegacyTokenLabels.invalidSince], !since.isEmpty {
            let place = "\(claims.namespace)/\(claims.secret)"
            throw TokenFailure(
                "the token in secret \(place) for service account \(claims.namespace)/\(claims.account.name) has been "
                    + "marked invalid. Use tokens from the TokenRequest API or manually created secret-based tokens, or "
                    + "remove the '\(LegacyTokenLabels.invalidSince)' label from the secret to temporarily allow use of "
                    + "this token")
        }
        return user(claims.namespace, account, [:])
    }

    private func user(_ namespace: String, _ account: Value, _ extra: [String: [String]]) -> UserInfo {
        let name = ServiceAccountName(namespace: namespace, name: account.name)
        return UserInfo(name: name.user, uid: account.uid, groups: name.groups, extra: extra)
    }
}

/// The labels with which the use of tokens in Secrets is tracked.
package enum LegacyTokenLabels {
    package static let lastUsed = "kubernetes.io/legacy-token-last-used"
    static let invalidSince = "kubernetes.io/legacy-token-invalid-since"
}
