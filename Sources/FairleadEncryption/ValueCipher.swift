import Crypto
import Foundation
import _CryptoExtras

/// One key of one provider: seals values and opens what it has sealed.
///
/// Formats as in k8s.io/apiserver `storage/value/encrypt`: AES-GCM is a nonce of 12 bytes, the ciphertext and the tag,
/// with the object's place as additional data, so that no value can be put in another's place; AES-CBC is an
/// initialisation vector and the padded ciphertext, and proves nothing; a secretbox is a nonce of 24 bytes, the tag and
/// the ciphertext of XSalsa20-Poly1305.
struct ValueCipher: Sendable {
    enum Algorithm: String, Sendable, CaseIterable { case aesgcm, aescbc, secretbox }

    let algorithm: Algorithm
    let name: String
    private let key: SymmetricKey
    /// What its values begin with.
    let prefix: [UInt8]

    /// - Throws: for a key of another length than the algorithm takes.
    init(_ algorithm: Algorithm, name: String, key: [UInt8]) throws(EncryptionError) {
        let lengths = algorithm == .secretbox ? [32] : [16, 24, 32]
        guard lengths.contains(key.count) else {
            throw EncryptionError(
                "secret is not of the expected length, got \(key.count), expected one of \(lengths)")
        }
        self.algorithm = algorithm
        self.name = name
        self.key = SymmetricKey(data: key)
        prefix = Array("k8s:enc:\(algorithm.rawValue):v1:\(name):".utf8)
    }

    /// - Parameter place: where the value is stored.
    func seal(_ value: [UInt8], at place: [UInt8]) throws -> [UInt8] {
        switch algorithm {
        case .aesgcm:
            let box = try AES.GCM.seal(value, using: key, authenticating: place)
            return prefix + box.nonce + box.ciphertext + box.tag
        case .aescbc:
            let vector = AES._CBC.IV()
            return prefix + vector + (try AES._CBC.encrypt(value, using: key, iv: vector))
        case .secretbox:
            var random = SystemRandomNumberGenerator()
            let nonce = (0..<SecretBox.nonceBytes).map { _ in UInt8.random(in: .min ... .max, using: &random) }
            return prefix + nonce + SecretBox.seal(value, key: bytes, nonce: nonce)
        }
    }

    /// - Parameter sealed: what follows the prefix.
    /// - Throws: if the key does not fit, or the value was changed.
    func open(_ sealed: ArraySlice<UInt8>, at place: [UInt8]) throws -> [UInt8] {
        switch algorithm {
        case .aesgcm:
            return Array(try AES.GCM.open(AES.GCM.SealedBox(combined: sealed), using: key, authenticating: place))
        case .aescbc:
            let vector = try AES._CBC.IV(ivBytes: Array(sealed.prefix(16)))
            return Array(try AES._CBC.decrypt(sealed.dropFirst(16), using: key, iv: vector))
        case .secretbox:
            let nonce = Array(sealed.prefix(SecretBox.nonceBytes))
            guard let value = SecretBox.open(sealed.dropFirst(SecretBox.nonceBytes), key: bytes, nonce: nonce) else {
                throw EncryptionError("the key does not fit")
            }
            return value
        }
    }

    private var bytes: [UInt8] { key.withUnsafeBytes { Array($0) } }
}
