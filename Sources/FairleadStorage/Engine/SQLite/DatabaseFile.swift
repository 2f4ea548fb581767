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

    /// Creates the file if it does not exist, accessible to its owner only.
    ///
    /// - Throws: `.io`, saying what to do, if the path cannot hold a database.
    init(_ path: String) throws(StorageError) {
        if path.isEmpty { throw .io("no file is named: --data takes a path, or :memory:") }
        if FileIdentity(path) == nil {
            let descriptor = open(path, O_RDWR | O_CREAT | O_CLOEXEC, 0o600)
            guard descriptor >= 0 else { throw FileProblem().error("cannot make the database \(path)") }
            close(descriptor)
        }
        guard let real = realpath(path, nil) else { throw FileProblem().error("cannot open the database \(path)") }
        defer { free(real) }
        self.path = String(cString: real)
        guard let file = FileIdentity(self.path) else {
            throw FileProblem().error("cannot open the database \(path)")
        }
        if file.isFolder {
            throw .io("\(path) is a folder: name a file in it, as in --data \(Self.example(in: path))")
        }
        guard file.isRegular else {
            throw .io("cannot open the database \(path): it is no regular file; choose another --data")
        }
        guard file.links == 1 else {
            throw .io(
                "the database \(path) has \(file.links) names (hard links), and the files beside it would be found under "
                    + "one of them only; remove the other names, or choose another --data")
        }
        guard access(self.path, R_OK | W_OK) == 0 else {
            throw FileProblem().error("cannot read and write the database \(path)")
        }
        self.file = file
        log = self.path + "-wal"
        // SQLite writes the first page of a database before it begins a log, and deletes the log of an empty one.
        if file.isEmpty, let log = FileIdentity(log), !log.isEmpty {
            throw .io(
                "the database \(path) has been cut off: it is empty, and the log beside it is not; restore it from a copy, "
                    + "or remove \(self.log) to begin with an empty cluster")
        }
        guard access(folder, W_OK | X_OK) == 0 else {
            throw FileProblem().error("cannot make files beside the database \(path)")
        }
    }

    private static func example(in folder: String) -> String {
        folder + (folder.hasSuffix("/") ? "" : "/") + "fairlead.db"
    }

    /// Removes everybody's access but the owner's, once the file is known to be a database of this program.
    func restrict() {
        for suffix in ["", "-wal", "-shm", "-journal"] { Self.restrict(path + suffix) }
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
            if mkdir(made, 0o700) == 0 { continue }
            let problem = FileProblem()
            if FileIdentity(made) != nil { continue }
            throw problem.error("cannot make the folder \(made) for the database \(path)")
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
        isFolder = figures.st_mode & S_IFMT == S_IFDIR
        isEmpty = figures.st_size == 0
    }

    let isRegular: Bool
    let isFolder: Bool
    let isEmpty: Bool

    func isSame(as other: FileIdentity) -> Bool { device == other.device && number == other.number }
}
