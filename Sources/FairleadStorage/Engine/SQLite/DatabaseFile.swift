#if canImport(Glibc)
    import Glibc
#elseif canImport(Musl)
    import Musl
#else
    import Darwin
#endif

/// The database file and the files SQLite keeps beside it: created with access for the owner only, and watched, because
/// if an open file is deleted or replaced, every later write is lost with it.
///
/// Files are examined by name only: opening and closing one here would release SQLite's locks on it.
final class DatabaseFile: Sendable {
    /// The real path, with symbolic links resolved.
    let path: String
    private let file: FileIdentity
    private let log: String

    /// Creates the file if need be, and removes everybody else's access to it.
    ///
    /// - Throws: `.io`, saying what to do, if the path cannot hold a database.
    init(_ path: String) throws(StorageError) {
        if path.isEmpty { throw .io("no file is named: --data wants a path, or :memory:") }
        if FileIdentity(path) == nil {
            let descriptor = open(path, O_RDWR | O_CREAT | O_CLOEXEC, 0o600)
            guard descriptor >= 0 else {
                throw .io("cannot make the database \(path): \(String(cString: strerror(errno)))")
            }
            close(descriptor)
        }
        guard let real = realpath(path, nil) else {
            throw .io("cannot open the database \(path): \(String(cString: strerror(errno)))")
        }
        defer { free(real) }
        self.path = String(cString: real)
        guard let file = FileIdentity(self.path) else {
            throw .io("cannot open the database \(path): \(String(cString: strerror(errno)))")
        }
        guard file.isRegular else { throw .io("cannot open the database \(path): it is no regular file") }
        guard file.links == 1 else {
            throw .io(
                "the database \(path) has \(file.links) names (hard links): what SQLite keeps beside it would be found "
                    + "under one of them only; remove the others, or choose another --data")
        }
        self.file = file
        log = self.path + "-wal"
        for suffix in ["", "-wal", "-shm", "-journal"] { Self.restrict(self.path + suffix) }
    }

    /// Removes everybody's permissions but the owner's. Where that fails, the file belongs to somebody else.
    private static func restrict(_ path: String) {
        guard let file = FileIdentity(path), file.isRegular, file.mode & 0o077 != 0 else { return }
        _ = chmod(path, file.mode & 0o700)
    }

    /// The directory of the database file.
    var folder: String {
        guard let slash = path.lastIndex(of: "/"), slash != path.startIndex else { return "/" }
        return String(path[..<slash])
    }

    /// The WAL as it was right after the database was opened.
    func openedLog() -> FileIdentity? { FileIdentity(log) }

    /// nil while the file and the WAL are still those that were opened.
    func fault(log opened: FileIdentity?) -> String? {
        guard let now = FileIdentity(path) else {
            return Self.explain("the database file \(path) was deleted or moved away while it was in use")
        }
        guard now.isSame(as: file) else {
            return Self.explain("another file has taken the place of the database file \(path) while it was in use")
        }
        if let opened, FileIdentity(log)?.isSame(as: opened) != true {
            return
                "the log \(log) was deleted or replaced while it was in use: writes are refused, because a crash would "
                + "lose them; stop the server in order (SIGTERM), which saves what is there, and start it again"
        }
        return nil
    }

    private static func explain(_ what: String) -> String {
        "\(what): writes are refused, because nobody would find them again; put the file back, or stop the server and "
            + "start it again with the --data that is wanted"
    }

}

extension SQLiteEngine {
    /// Creates the directory of a file and its missing parents, for the owner only.
    package static func makeFolder(of path: String) throws(StorageError) {
        var made = path.hasPrefix("/") ? "" : "."
        for part in path.split(separator: "/").dropLast() {
            made += "/" + part
            if mkdir(made, 0o700) == 0 || errno == EEXIST || FileIdentity(made) != nil { continue }
            throw .io("cannot make the folder of \(path): \(String(cString: strerror(errno)))")
        }
    }
}

/// Which file a name currently refers to.
struct FileIdentity: Sendable {
    private let device: dev_t
    private let number: ino_t
    let links: Int
    let mode: mode_t

    /// nil if there is no such file.
    init?(_ path: String) {
        var figures = stat()
        guard stat(path, &figures) == 0 else { return nil }
        device = figures.st_dev
        number = figures.st_ino
        links = Int(figures.st_nlink)
        mode = figures.st_mode & 0o7777
        isRegular = figures.st_mode & S_IFMT == S_IFREG
    }

    let isRegular: Bool

    func isSame(as other: FileIdentity) -> Bool { device == other.device && number == other.number }
}
