/// XSalsa20-Poly1305, as NaCl's `crypto_secretbox` has it; no library that Swift programs can link has it.
///
/// Reference: D. J. Bernstein, "Extending the Salsa20 nonce"; RFC 8439, 2.5 for Poly1305. Nothing here branches or
/// looks anything up by secret data.
enum SecretBox {
    static let nonceBytes = 24
    static let tagBytes = 16
    /// The stream begins with the key of the tag.
    private static let tagKeyBytes = 32

    /// - Parameters:
    ///   - key: 32 bytes.
    ///   - nonce: 24 bytes, never used before with this key.
    /// - Returns: the tag and the ciphertext.
    static func seal(_ value: [UInt8], key: [UInt8], nonce: [UInt8]) -> [UInt8] {
        var bytes = [UInt8](repeating: 0, count: tagKeyBytes) + value
        Salsa20Stream(key: key, longNonce: nonce).apply(to: &bytes)
        let ciphertext = bytes[tagKeyBytes...]
        return Poly1305.tag(of: ciphertext, key: Array(bytes[..<tagKeyBytes])) + ciphertext
    }

    /// - Returns: nil if the key does not fit, or the box was changed.
    static func open(_ box: ArraySlice<UInt8>, key: [UInt8], nonce: [UInt8]) -> [UInt8]? {
        guard nonce.count == nonceBytes, box.count >= tagBytes else { return nil }
        let ciphertext = box.dropFirst(tagBytes)
        var bytes = [UInt8](repeating: 0, count: tagKeyBytes) + ciphertext
        Salsa20Stream(key: key, longNonce: nonce).apply(to: &bytes)
        let tag = Poly1305.tag(of: ciphertext, key: Array(bytes[..<tagKeyBytes]))
        guard zip(tag, box).reduce(UInt8(0), { $0 | ($1.0 ^ $1.1) }) == 0 else { return nil }
        return Array(bytes[tagKeyBytes...])
    }
}
