import FairleadEncryption
import FairleadStorage
import Foundation

/// `fairlead secrets reencrypt`: brings every version in a database file that no server has open into the form in which
/// it would be written now.
package struct SecretsReencryption {
    /// What was done, for people.
    package let summary: [String]
    /// Whether everything could be read.
    package let isComplete: Bool

    /// - Parameters:
    ///   - makesKey: as `--encrypt-secrets`.
    ///   - file: as `--encryption-provider-config`.
    /// - Throws: `StartupError` for a file that cannot be opened, and for keys that cannot be read.
    package init(path: String, makesKey: Bool, file: String?) throws {
        guard FileManager.default.fileExists(atPath: path) else { throw StartupError("there is no file \(path)") }
        let values: any ValueTransformer
        do throws(EncryptionError) {
            values = try EncryptionKeys.transformer(data: path, makesKey: makesKey, file: file)
        } catch {
            throw StartupError(error.description)
        }
        do throws(StorageError) {
            let reseal = try SQLiteReseal(path: path, values: values)
            summary =
                ["\(reseal.rewritten) versions rewritten, \(reseal.untouched) left as they were"]
                + reseal.unreadable.sorted { $0.key < $1.key }.map { "\($0.value) not readable: \($0.key)" }
            isComplete = reseal.unreadable.isEmpty
        } catch {
            throw StartupError(error.explanation)
        }
    }
}
