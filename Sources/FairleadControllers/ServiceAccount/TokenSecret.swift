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
    func filled(for account: Value, certificates: String, token: () throws -> String) rethrows -> Value? {
        var data = secret["data"]?.object ?? Object()
        func isEmpty(_ key: String) -> Bool { data[key]?.string?.isEmpty ?? true }
        let authority = Base64.encode(Array(certificates.utf8)[...])
        let needsAuthority = !certificates.isEmpty && data["ca.crt"]?.string != authority
        // Builds that did not authenticate anybody left tokens without a signature.
        let needsToken = isEmpty("token") || Base64.decode(data["token"]?.string ?? "").last == UInt8(ascii: ".")
        guard needsAuthority || isEmpty("namespace") || needsToken else { return nil }
        if needsAuthority { data["ca.crt"] = .string(authority) }
        if isEmpty("namespace") { data["namespace"] = .string(Base64.encode(Array(secret.namespace.utf8)[...])) }
        if needsToken { data["token"] = .string(Base64.encode(Array(try token().utf8)[...])) }
        var result = secret
        result["data"] = .object(data)
        result.annotations[Self.nameKey] = account.name
        result.annotations[Self.uidKey] = account.uid
        return result
    }
}
