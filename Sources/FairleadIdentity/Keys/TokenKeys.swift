package import FairleadModel

/// The keys of ServiceAccount tokens: one that signs, and all whose tokens are valid.
package struct TokenKeys: Sendable {
    let signing: SigningKey?
    let signingID: String
    let algorithm: SignatureAlgorithm
    let verifying: [VerificationKey]
    private let byID: [String: [VerificationKey]]

    init(signing: SigningKey?, others: [VerificationKey] = []) {
        self.signing = signing
        let own = signing?.verificationKey
        signingID = own?.id ?? ""
        algorithm = own?.algorithm ?? .rs256
        var keys: [VerificationKey] = []
        for key in (own.map { [$0] } ?? []) + others where !keys.contains(where: { $0.id == key.id }) {
            keys.append(key)
        }
        verifying = keys
        byID = Dictionary(grouping: keys, by: \.id)
    }

    /// The keys that may have signed a token which names this one; all of them if there is none of that name.
    func candidates(_ id: String) -> [VerificationKey] { byID[id] ?? verifying }

    /// The document of `/openid/v1/jwks`.
    package func webKeySet() throws(IdentityError) -> Value {
        do {
            return ["keys": .array(try verifying.map { try $0.webKey() })]
        } catch {
            throw IdentityError("the keys of tokens cannot be shown: \(error)")
        }
    }

    /// The algorithms of the keys, each once, in their order.
    package var algorithms: [String] {
        verifying.map(\.algorithm.rawValue).reduce(into: []) { if !$0.contains($1) { $0.append($1) } }
    }
}

extension TokenKeys {
    private static let keyFile = "sa.key"
    /// Files with keys that no longer sign; their tokens are valid as long as the files are there.
    private static let oldPrefix = "sa-"

    /// The keys that a folder keeps; a new one at the first start. A new `sa.key` takes over when it is put there:
    /// the old one goes on as `sa-NAME.key` or `sa-NAME.pub`.
    ///
    /// - Parameters:
    ///   - folder: nil to keep nothing.
    ///   - signingFile: a private key to use instead (`--service-account-signing-key-file`).
    ///   - keyFiles: keys whose tokens are valid (`--service-account-key-file`).
    ///   - failure: is told if a new key cannot be made or kept.
    /// - Throws: if a file or the folder cannot be used.
    package static func open(
        in folder: KeyFolder?, signingFile: String? = nil, keyFiles: [String] = [],
        failure: @escaping @Sendable (IdentityError) -> Void = { _ in }
    ) throws(IdentityError) -> TokenKeySource {
        var others: [VerificationKey] = []
        for file in keyFiles {
            guard let text = try KeyFolder.read(file, isSecret: false) else {
                throw IdentityError("\(file) does not exist")
            }
            others += try VerificationKey.all(pem: text, source: file)
        }
        if let signingFile {
            guard let text = try KeyFolder.read(signingFile, isSecret: false) else {
                throw IdentityError("\(signingFile) does not exist")
            }
            return TokenKeySource(TokenKeys(signing: try key(text, signingFile), others: others))
        }
        try folder?.prepare()
        if let folder {
            others += try retired(in: folder)
            if let text = try folder.read(keyFile) {
                let signing = try key(text, "\(folder.path)/\(keyFile)")
                return TokenKeySource(TokenKeys(signing: signing, others: others))
            }
        }
        let early = TokenKeys(signing: nil, others: others)
        return TokenKeySource(
            early,
            making: { () throws(IdentityError) in
                let new = try SigningKey()
                try folder?.write(keyFile, new.pem + "\n")
                return TokenKeys(signing: new, others: early.verifying)
            }, failure: failure)
    }

    /// The keys that no longer sign.
    private static func retired(in folder: KeyFolder) throws(IdentityError) -> [VerificationKey] {
        var keys: [VerificationKey] = []
        for name in try folder.names() where name.hasPrefix(oldPrefix) && !name.contains(".new-") {
            if let text = try folder.read(name) {
                keys += try VerificationKey.all(pem: text, source: "\(folder.path)/\(name)")
            }
        }
        return keys
    }

    private static func key(_ text: String, _ source: String) throws(IdentityError) -> SigningKey {
        for block in PEMText.blocks(in: text) {
            if let key = SigningKey(pem: block) { return key }
        }
        throw IdentityError("\(source) has no private key for tokens: an RSA or ECDSA key is wanted")
    }
}
