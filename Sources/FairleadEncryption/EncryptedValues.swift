package import FairleadModel
package import FairleadStorage

/// Encrypts documents on their way to the database, as a configuration says, and decrypts them when it is opened.
package struct EncryptedValues: ValueTransformer {
    private let configuration: EncryptionConfiguration
    /// Keys that only read, whatever the resource: what was written before the configuration was what it is.
    private let others: [ValueCipher]

    /// - Parameter others: configurations whose keys may be needed to read what is there.
    package init(_ configuration: EncryptionConfiguration, alsoReading others: [EncryptionConfiguration] = []) {
        self.configuration = configuration
        self.others = others.flatMap(\.rules).flatMap(\.providers).flatMap(\.ciphers)
    }

    package func seal(_ document: [UInt8], of key: ObjectKey) throws(StorageError) -> [UInt8] {
        guard let first = configuration.rule(of: key.resource)?.providers.first,
            let cipher = first.ciphers.first
        else { return document }
        do {
            return try cipher.seal(document, at: key.place)
        } catch {
            throw .io("\(key) cannot be encrypted with the key \(cipher.name): \(error)")
        }
    }

    package func open(_ stored: [UInt8], of key: ObjectKey) throws(UnreadableValue) -> OpenedValue {
        let providers = configuration.rule(of: key.resource)?.providers ?? [.identity]
        guard stored.starts(with: PlainValues.sealedPrefix) else {
            guard providers.contains(where: \.ciphers.isEmpty) else {
                throw UnreadableValue(
                    "no matching prefix found: it is not encrypted, and there is no provider identity for \(key.resource)"
                )
            }
            return OpenedValue(stored, isStale: providers.first?.ciphers.isEmpty == false)
        }
        let name = PlainValues.name(of: stored)
        var isFirst = true
        var isKnown = false
        for cipher in providers.flatMap(\.ciphers) + others {
            defer { isFirst = false }
            guard stored.starts(with: cipher.prefix) else { continue }
            isKnown = true
            // Several keys may have one name: the next one may fit.
            guard let clear = try? cipher.open(stored.dropFirst(cipher.prefix.count), at: key.place) else { continue }
            let writes = isFirst && providers.first?.ciphers.isEmpty == false
            return OpenedValue(clear, isStale: !writes, isAuthentic: cipher.algorithm != .aescbc)
        }
        throw UnreadableValue(
            isKnown
                ? "the \(name) of the configuration is not the one it is encrypted with, or it was changed"
                : "no matching prefix found: it is encrypted with \(name), which is not configured for \(key.resource)")
    }
}

extension EncryptionConfiguration.Provider {
    /// None for identity.
    var ciphers: [ValueCipher] {
        if case .ciphers(let ciphers) = self { return ciphers }
        return []
    }
}

extension ObjectKey {
    /// What a sealed value belongs to, in etcd's way.
    fileprivate var place: [UInt8] { Array("/registry/\(resource)/\(namespace)/\(name)".utf8) }
}
