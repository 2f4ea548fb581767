import Crypto
import Foundation
import _CryptoExtras

/// A private key that signs tokens.
struct SigningKey: Sendable {
    private enum Kind: Sendable {
        case rsa(_RSA.Signing.PrivateKey)
        case p256(P256.Signing.PrivateKey)
        case p384(P384.Signing.PrivateKey)
        case p521(P521.Signing.PrivateKey)
    }

    private let kind: Kind

    /// A new key: RSA with 2048 bits, as kubeadm makes it, since clients that check tokens by themselves may know no
    /// other.
    init() throws(IdentityError) {
        do {
            kind = .rsa(try _RSA.Signing.PrivateKey(keySize: .bits2048))
        } catch {
            throw IdentityError("cannot make a key for tokens: \(error)")
        }
    }

    /// nil if the text is no private key of a type that signs tokens.
    init?(pem: String) {
        if let key = try? P256.Signing.PrivateKey(pemRepresentation: pem) {  // else: another type
            kind = .p256(key)
        } else if let key = try? P384.Signing.PrivateKey(pemRepresentation: pem) {  // else: another type
            kind = .p384(key)
        } else if let key = try? P521.Signing.PrivateKey(pemRepresentation: pem) {  // else: another type
            kind = .p521(key)
        } else if let key = try? _RSA.Signing.PrivateKey(pemRepresentation: pem) {  // else: no key
            kind = .rsa(key)
        } else {
            return nil
        }
    }

    var pem: String {
        switch kind {
        case .rsa(let key): key.pemRepresentation
        case .p256(let key): key.pemRepresentation
        case .p384(let key): key.pemRepresentation
        case .p521(let key): key.pemRepresentation
        }
    }

    var verificationKey: VerificationKey {
        switch kind {
        case .rsa(let key): VerificationKey(key.publicKey)
        case .p256(let key): VerificationKey(key.publicKey)
        case .p384(let key): VerificationKey(key.publicKey)
        case .p521(let key): VerificationKey(key.publicKey)
        }
    }

    /// The signature of a token with these bytes.
    func signature(for bytes: [UInt8]) throws(IdentityError) -> [UInt8] {
        do {
            switch kind {
            case .rsa(let key):
                let digest = Crypto.SHA256.hash(data: bytes)
                return Array(try key.signature(for: digest, padding: .insecurePKCS1v1_5).rawRepresentation)
            case .p256(let key): return Array(try key.signature(for: bytes).rawRepresentation)
            case .p384(let key): return Array(try key.signature(for: bytes).rawRepresentation)
            case .p521(let key): return Array(try key.signature(for: bytes).rawRepresentation)
            }
        } catch {
            throw IdentityError("cannot sign a token: \(error)")
        }
    }
}
