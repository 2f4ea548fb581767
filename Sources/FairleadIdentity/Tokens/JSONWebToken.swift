import FairleadModel

/// A signed JSON Web Token (RFC 7519) in its compact form, not yet verified.
struct JSONWebToken: Sendable {
    /// Longer texts are no tokens of ours: what is read before the signature is known to be good stays small.
    static let largest = 1 << 16

    let algorithm: SignatureAlgorithm
    /// Which key has signed it, as far as the token says; empty if it does not.
    let keyID: String
    let claims: Value
    /// What has been signed.
    let signed: [UInt8]
    let signature: [UInt8]

    /// nil if the text is no such token, or names an algorithm that proves nothing (`none`) or that would turn a public
    /// key into a secret (`HS256`).
    init?(_ text: String) {
        guard text.utf8.count <= Self.largest, let dot = text.utf8.lastIndex(of: UInt8(ascii: ".")) else { return nil }
        let parts = text.split(separator: ".", omittingEmptySubsequences: false)
        guard parts.count == 3, let header = Self.object(parts[0]), let claims = Self.object(parts[1]),
            case .success(let signature) = Base64URL.decode(String(parts[2])), !signature.isEmpty,
            let algorithm = header["alg"]?.string.flatMap(SignatureAlgorithm.init(rawValue:)),
            // Extensions that must be understood; there are none that would be.
            header["crit"] == nil
        else { return nil }
        self.algorithm = algorithm
        keyID = header.text("kid")
        self.claims = claims
        self.signature = signature
        signed = Array(text.utf8[..<dot])
    }

    /// The issuer that a token names, without a look at anything else.
    var issuer: String { claims.text("iss") }

    private static func object(_ part: Substring) -> Value? {
        guard case .success(let bytes) = Base64URL.decode(String(part)) else { return nil }
        // What is no JSON is no token.
        guard let value = (try? JSON.parse(bytes, maximumDepth: 20))?.value, value.object != nil else { return nil }
        return value
    }

    /// Signs claims.
    static func sign(_ claims: Object, with key: SigningKey, id: String, _ algorithm: SignatureAlgorithm)
        throws(IdentityError) -> String
    {
        let header: Object = ["alg": .string(algorithm.rawValue), "kid": .string(id)]
        let parts = [header, claims].map { part in
            var writer = JSONWriter()
            writer.write(.object(part))
            return Base64URL.encode(writer.bytes)
        }
        let text = parts.joined(separator: ".")
        return text + "." + Base64URL.encode(try key.signature(for: Array(text.utf8)))
    }
}
