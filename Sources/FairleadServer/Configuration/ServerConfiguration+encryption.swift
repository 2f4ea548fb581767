import FairleadEncryption
import FairleadStorage

extension ServerConfiguration {
    /// What documents become in the database.
    /// - Throws: `EncryptionError` for keys that cannot be read.
    func valueTransformer() throws(EncryptionError) -> any ValueTransformer {
        var path: String?
        if case .file(let file) = data { path = file }
        return try EncryptionKeys.transformer(data: path, makesKey: encryptsSecrets, file: encryptionFile)
    }
}
