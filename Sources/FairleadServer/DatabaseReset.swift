import FairleadStorage
import Foundation

/// `fairlead reset`: a database that is about to be deleted. While it is open here, no server can start on it.
package final class DatabaseReset {
    private let path: String
    private let engine: SQLiteEngine
    /// What would be lost, for people.
    package let contents: String

    /// nil if there is no file.
    /// - Throws: `StartupError` for a file that is no database of this program, is damaged, or is open elsewhere.
    package init?(path: String) throws {
        guard FileManager.default.fileExists(atPath: path) else { return nil }
        // The file itself, if the path is a link.
        self.path = URL(fileURLWithPath: path).resolvingSymlinksInPath().path
        do throws(StorageError) {
            engine = try SQLiteEngine(path: path, migrations: SQLiteMigration.builtIn())
            do throws(StorageError) {
                // Internal objects, such as those of node ports, mean nothing to users.
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

    /// Deletes the file and SQLite's files beside it.
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
