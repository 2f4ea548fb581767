package import FairleadModel

/// An object that a token names: it is valid no longer than the object is there.
package struct ObjectClaim: Sendable, Hashable {
    package var name: String
    package var uid: String

    package init(name: String, uid: String) {
        self.name = name
        self.uid = uid
    }

    package init(_ object: Value) { self.init(name: object.name, uid: object.uid) }

    init?(claim: Value?) {
        guard let claim, claim.object != nil else { return nil }
        self.init(name: claim.text("name"), uid: claim.text("uid"))
    }

    var value: Value {
        var object: Object = ["name": .string(name)]
        if !uid.isEmpty { object["uid"] = .string(uid) }
        return .object(object)
    }
}

/// What a token of the TokenRequest API says (`kubernetes.io` and the registered claims).
package struct TokenClaims: Sendable {
    package var namespace: String
    package var account: ObjectClaim
    package var pod: ObjectClaim?
    package var secret: ObjectClaim?
    package var node: ObjectClaim?
    package var audiences: [String]
    package var issued: Int64
    package var expiration: Int64
    /// From when on the kubelet should have replaced it.
    package var warnAfter: Int64?
    /// The name of the token itself (`jti`).
    package var id: String

    package init(
        namespace: String, account: ObjectClaim, audiences: [String], issued: Int64, expiration: Int64, id: String
    ) {
        self.namespace = namespace
        self.account = account
        self.audiences = audiences
        self.issued = issued
        self.expiration = expiration
        self.id = id
    }

    /// Members in the order of their names, as Go writes maps.
    func object(issuer: String) -> Object {
        var own: Object = ["namespace": .string(namespace)]
        if let node { own["node"] = node.value }
        if let pod { own["pod"] = pod.value }
        if let secret { own["secret"] = secret.value }
        own["serviceaccount"] = account.value
        if let warnAfter { own["warnafter"] = .int(warnAfter) }
        return [
            "aud": .array(audiences.map { .string($0) }), "exp": .int(expiration), "iat": .int(issued),
            "iss": .string(issuer), "jti": .string(id), "kubernetes.io": .object(own), "nbf": .int(issued),
            "sub": .string(ServiceAccountName(namespace: namespace, name: account.name).user),
        ]
    }
}

/// The times of a token, and for whom it is.
struct RegisteredClaims: Sendable {
    let subject: String
    let id: String
    let audiences: [String]
    private let expiration: Double?
    private let notBefore: Double?
    private let issued: Double?

    /// Clocks differ: a token is valid this many seconds longer, and earlier.
    static let leeway: Double = 60

    init(_ claims: Value) {
        subject = claims.text("sub")
        id = claims.text("jti")
        audiences =
            claims["aud"]?.string.map { [$0] } ?? claims["aud"]?.array?.compactMap(\.string) ?? []
        expiration = claims["exp"]?.double
        notBefore = claims["nbf"]?.double
        issued = claims["iat"]?.double
    }

    /// Why the token is not valid at this time; nil if it is.
    func fault(at now: Timestamp) -> String? {
        let now = Double(now.seconds) + Double(now.nanoseconds) / 1e9
        if let notBefore, now + Self.leeway < notBefore { return "service account token is not valid yet" }
        if let expiration, now - Self.leeway > expiration { return "service account token has expired" }
        if let issued, now + Self.leeway < issued { return "service account token is issued in the future" }
        return nil
    }
}
