import FairleadStorage
import Foundation

/// `fairlead reset`: a database that is about to be deleted. While this has it open no server can start on it.
package final class DatabaseReset {
    private let path: String
    private let engine: SQLiteEngine
    /// What would be lost, in words.
    package let contents: String

    /// nil where there is no file.
    /// - Throws: `StartupError` for a file that is no database of this program, is damaged, or is open elsewhere.
    package init?(path: String) throws {
        guard FileManager.default.fileExists(atPath: path) else { return nil }
        // Not the link, where it is one.
        self.path = URL(fileURLWithPath: path).resolvingSymlinksInPath().path
        do throws(StorageError) {
            engine = try SQLiteEngine(path: path, migrations: SQLiteMigration.builtIn())
            do throws(StorageError) {
                // Of nodes' ports and the like nobody has heard.
                let count = try engine.load().objects.count { $0.key.resource.group != "fairlead.internal" }
                contents = count == 1 ? "1 object" : "\(count) objects"
            } catch {
                engine.close()
                throw error
            }
        } catch {
            throw StartupError(error.explanation)
        }
    }

    /// Deletes the file, and those beside it that belong to it.
    package func delete() throws {
        for suffix in ["", "-wal", "-shm", "-journal"] where FileManager.default.fileExists(atPath: path + suffix) {
            do {
                try FileManager.default.removeItem(atPath: path + suffix)
            } catch {
                throw StartupError("cannot delete \(path)\(suffix): \(error.localizedDescription)")
            }
        }
    }

    package func close() { engine.close() }
}
