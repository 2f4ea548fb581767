import Crypto
import FairleadModel
import Foundation
import X509
import _CryptoExtras

/// A public key that checks tokens. Its type decides about the algorithm; a token cannot choose another.
struct VerificationKey: Sendable {
    private enum Kind: Sendable {
        case rsa(_RSA.Signing.PublicKey)
        case p256(P256.Signing.PublicKey)
        case p384(P384.Signing.PublicKey)
        case p521(P521.Signing.PublicKey)
    }

    private let kind: Kind
    /// The key's name in tokens: the hash of the key.
    let id: String
    let algorithm: SignatureAlgorithm

    init(_ key: _RSA.Signing.PublicKey) { self.init(.rsa(key), .rs256, der: key.derRepresentation) }
    init(_ key: P256.Signing.PublicKey) { self.init(.p256(key), .es256, der: key.derRepresentation) }
    init(_ key: P384.Signing.PublicKey) { self.init(.p384(key), .es384, der: key.derRepresentation) }
    init(_ key: P521.Signing.PublicKey) { self.init(.p521(key), .es512, der: key.derRepresentation) }

    private init(_ kind: Kind, _ algorithm: SignatureAlgorithm, der: Data) {
        self.kind = kind
        self.algorithm = algorithm
        id = Base64URL.encode(Array(Crypto.SHA256.hash(data: der)))
    }

    /// Whether the key's owner has signed these bytes. ECDSA signatures are the two numbers one after the other.
    func isValid(_ signature: [UInt8], for bytes: [UInt8]) -> Bool {
        switch kind {
        case .rsa(let key):
            return key.isValidSignature(
                _RSA.Signing.RSASignature(rawRepresentation: signature), for: Crypto.SHA256.hash(data: bytes),
                padding: .insecurePKCS1v1_5)
        case .p256(let key):
            // Bytes of another length are no signature.
            guard let signature = try? P256.Signing.ECDSASignature(rawRepresentation: signature) else { return false }
            return key.isValidSignature(signature, for: bytes)
        case .p384(let key):
            // The same.
            guard let signature = try? P384.Signing.ECDSASignature(rawRepresentation: signature) else { return false }
            return key.isValidSignature(signature, for: bytes)
        case .p521(let key):
            // The same.
            guard let signature = try? P521.Signing.ECDSASignature(rawRepresentation: signature) else { return false }
            return key.isValidSignature(signature, for: bytes)
        }
    }

    /// The key as a JSON Web Key (RFC 7517).
    func webKey() throws -> Value {
        var result: Object = ["use": "sig"]
        func curve(_ name: String, _ bytes: Data) {
            let half = bytes.count / 2
            result["kty"] = "EC"
            result["kid"] = .string(id)
            result["crv"] = .string(name)
            result["alg"] = .string(algorithm.rawValue)
            result["x"] = .string(Base64URL.encode(Array(bytes.prefix(half))))
            result["y"] = .string(Base64URL.encode(Array(bytes.suffix(half))))
        }
        switch kind {
        case .rsa(let rsa):
            let numbers = try rsa.getKeyPrimitives()
            result["kty"] = "RSA"
            result["kid"] = .string(id)
            result["alg"] = .string(algorithm.rawValue)
            result["n"] = .string(Base64URL.encode(Array(numbers.modulus.drop { $0 == 0 })))
            result["e"] = .string(Base64URL.encode(Array(numbers.publicExponent.drop { $0 == 0 })))
        case .p256(let key): curve("P-256", key.rawRepresentation)
        case .p384(let key): curve("P-384", key.rawRepresentation)
        case .p521(let key): curve("P-521", key.rawRepresentation)
        }
        return .object(result)
    }
}

extension VerificationKey {
    /// The keys of a file: public keys, certificates' keys, or private ones, of which the public half is taken.
    static func all(pem text: String, source: String) throws(IdentityError) -> [VerificationKey] {
        var keys: [VerificationKey] = []
        for block in PEMText.blocks(in: text) {
            if let key = SigningKey(pem: block) {
                keys.append(key.verificationKey)
            } else if let key = publicKey(pem: block) ?? certifiedKey(pem: block) {
                keys.append(key)
            }
        }
        guard !keys.isEmpty else {
            throw IdentityError("\(source) has no key for tokens: RSA or ECDSA keys are wanted")
        }
        return keys
    }

    /// Whichever type of key it is.
    private static func publicKey(pem: String) -> VerificationKey? {
        if let key = try? P256.Signing.PublicKey(pemRepresentation: pem) { return .init(key) }  // else: another type
        if let key = try? P384.Signing.PublicKey(pemRepresentation: pem) { return .init(key) }  // else: another type
        if let key = try? P521.Signing.PublicKey(pemRepresentation: pem) { return .init(key) }  // else: another type
        if let key = try? _RSA.Signing.PublicKey(pemRepresentation: pem) { return .init(key) }  // else: no key
        return nil
    }

    /// The key in a certificate, whoever has signed it.
    private static func certifiedKey(pem: String) -> VerificationKey? {
        guard let certificate = try? Certificate(pemEncoded: pem) else { return nil }  // another kind of block
        let key = certificate.publicKey
        if let key = P256.Signing.PublicKey(key) { return .init(key) }
        if let key = P384.Signing.PublicKey(key) { return .init(key) }
        if let key = P521.Signing.PublicKey(key) { return .init(key) }
        return _RSA.Signing.PublicKey(key).map { .init($0) }
    }
}
