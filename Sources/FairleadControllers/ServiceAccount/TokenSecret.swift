import FairleadModel

/// A Secret that holds the token of a ServiceAccount.
struct TokenSecret {
    private static let type = "kubernetes.io/service-account-token"
    private static let nameKey = "kubernetes.io/service-account.name"
    private static let uidKey = "kubernetes.io/service-account.uid"

    let secret: Value
    /// The name of the ServiceAccount.
    let account: String

    /// nil unless the Secret has this type and names a ServiceAccount.
    init?(_ secret: Value) {
        guard secret.text("type") == Self.type, let account = secret.annotations[Self.nameKey], !account.isEmpty else {
            return nil
        }
        self.secret = secret
        self.account = account
    }

    /// Whether the Secret belongs to this account, not to an earlier one of the same name.
    func belongs(to account: Value) -> Bool {
        let uid = secret.annotations[Self.uidKey] ?? ""
        return uid.isEmpty || uid == account.uid
    }

    /// The Secret with the missing data filled in; nil if nothing is missing.
    func filled(for account: Value, certificates: String) -> Value? {
        var data = secret["data"]?.object ?? Object()
        func isEmpty(_ key: String) -> Bool { data[key]?.string?.isEmpty ?? true }
        let authority = Base64.encode(Array(certificates.utf8)[...])
        let needsAuthority = !certificates.isEmpty && data["ca.crt"]?.string != authority
        guard needsAuthority || isEmpty("namespace") || isEmpty("token") else { return nil }
        if needsAuthority { data["ca.crt"] = .string(authority) }
        if isEmpty("namespace") { data["namespace"] = .string(Base64.encode(Array(secret.namespace.utf8)[...])) }
        if isEmpty("token") { data["token"] = .string(Base64.encode(Array(token(for: account).utf8)[...])) }
        var result = secret
        result["data"] = .object(data)
        result.annotations[Self.nameKey] = account.name
        result.annotations[Self.uidKey] = account.uid
        return result
    }

    /// A JSON Web Token (RFC 7519) with the claims of Kubernetes' long-lived tokens. It is "unsecured" in the sense of
    /// the RFC: requests are not authenticated here, so a signature would prove nothing.
    private func token(for account: Value) -> String {
        let prefix = "kubernetes.io/serviceaccount/"
        var claims: Object = [
            "iss": "kubernetes/serviceaccount",
            "sub": .string("system:serviceaccount:\(account.namespace):\(account.name)"),
        ]
        claims[prefix + "namespace"] = .string(account.namespace)
        claims[prefix + "secret.name"] = .string(secret.name)
        claims[prefix + "service-account.name"] = .string(account.name)
        claims[prefix + "service-account.uid"] = .string(account.uid)
        let header: Object = ["alg": "none", "typ": "JWT"]
        let parts = [header, claims].map { part in
            var writer = JSONWriter()
            writer.write(.object(part))
            return Base64URL.encode(writer.bytes)
        }
        return parts.joined(separator: ".") + "."
    }
}
