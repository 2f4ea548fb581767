import Crypto
import FairleadIdentity
package import FairleadStorage
import Foundation

/// Which transformation a database is opened with: by what flags say and by what keys are there.
package enum EncryptionKeys {
    /// In the folder of keys beside the database: an EncryptionConfiguration with a key of our own. It can be edited, to
    /// add a key or to take one away.
    static let fileName = "encryption.yaml"

    /// - Parameters:
    ///   - data: the database file; nil if it is in memory.
    ///   - makesKey: `--encrypt-secrets`: Secrets are encrypted, with a key that is made at the first start.
    ///   - file: an EncryptionConfiguration that says instead what is encrypted (`--encryption-provider-config`).
    /// - Throws: for a file that cannot be read or is not what it should be, and keys that others can read.
    package static func transformer(
        data: String?, makesKey: Bool, file: String?
    ) throws(EncryptionError) -> any ValueTransformer {
        let folder = data.map { KeyFolder(besides: $0) }
        var own = try files { () throws(IdentityError) in try folder?.read(fileName) }
        if let file {
            guard let text = try files({ () throws(IdentityError) in try KeyFolder.read(file, isSecret: false) }) else {
                throw EncryptionError("--encryption-provider-config \(file): there is no such file")
            }
            let configuration = try configuration(text, nil, file)
            guard let own else { return EncryptedValues(configuration) }
            return EncryptedValues(configuration, alsoReading: [try self.configuration(own, folder, fileName)])
        }
        if own == nil, makesKey {
            let text = fresh()
            own = text
            // In memory there is nothing to keep the key for.
            try files { () throws(IdentityError) in
                try folder?.prepare()
                try folder?.write(fileName, text)
            }
        }
        guard let own else { return PlainValues() }
        let known = try configuration(own, folder, fileName)
        if makesKey { return EncryptedValues(known) }
        // Without the flag, what was encrypted can be read, and is written in the clear again.
        return EncryptedValues(try configuration(clear, nil, "built in"), alsoReading: [known])
    }

    private static func files<Result>(_ body: () throws(IdentityError) -> Result) throws(EncryptionError) -> Result {
        do throws(IdentityError) { return try body() } catch { throw EncryptionError(error.description) }
    }

    private static func configuration(
        _ text: String, _ folder: KeyFolder?, _ name: String
    ) throws(EncryptionError) -> EncryptionConfiguration {
        do throws(EncryptionError) {
            return try EncryptionConfiguration(text)
        } catch {
            throw EncryptionError("\(folder.map { "\($0.path)/" } ?? "")\(name): \(error)")
        }
    }

    private static let clear = """
        {"kind":"EncryptionConfiguration","apiVersion":"apiserver.config.k8s.io/v1",
        "resources":[{"resources":["secrets"],"providers":[{"identity":{}}]}]}
        """

    private static func fresh() -> String {
        let key = SymmetricKey(size: .bits256).withUnsafeBytes { Data($0) }.base64EncodedString()
        // Of its own, so that this file and one that was mislaid can be put together.
        let name = String(UInt32.random(in: .min ... .max), radix: 36)
        return """
            # Secrets are encrypted with the first key; all of them can read. To rotate, put a new key before the old one, and
            # run `fairlead secrets reencrypt` before the old one goes. Without this file what is encrypted is lost.
            kind: EncryptionConfiguration
            apiVersion: apiserver.config.k8s.io/v1
            resources:
            - resources: [secrets]
              providers:
              - aesgcm:
                  keys:
                  - name: key-\(name)
                    secret: \(key)
              - identity: {}

            """
    }
}
