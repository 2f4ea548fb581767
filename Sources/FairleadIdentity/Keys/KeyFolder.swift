import Foundation

/// The folder beside the database that keeps the cluster's keys and certificates: only its owner can look into it.
package struct KeyFolder: Sendable {
    package let path: String
    /// No key or certificate is larger.
    private static let largest = 1 << 20

    package init(path: String) { self.path = path }

    /// The folder of `fairlead.db` is `fairlead.pki` in the same directory.
    package init(besides data: String) {
        path = (data.hasSuffix(".db") ? String(data.dropLast(3)) : data) + ".pki"
    }

    /// Makes the folder if it is not there.
    /// - Throws: if others own it or may enter it.
    package func prepare() throws(IdentityError) {
        if mkdir(path, 0o700) != 0, errno != EEXIST { throw failure("cannot make the folder \(path) for keys") }
        var figures = stat()
        guard lstat(path, &figures) == 0 else { throw failure("cannot examine the folder \(path)") }
        guard figures.st_mode & S_IFMT == S_IFDIR, figures.st_uid == geteuid(), figures.st_mode & 0o077 == 0 else {
            throw IdentityError(
                "\(path) must be a folder that only its owner may enter (chmod 700), as it keeps the cluster's keys")
        }
    }

    /// Whether the folder is there.
    package var exists: Bool { access(path, F_OK) == 0 }

    /// The names of the files in it.
    package func names() throws(IdentityError) -> [String] {
        do {
            return try FileManager.default.contentsOfDirectory(atPath: path).sorted()
        } catch {
            throw IdentityError("cannot read the folder \(path): \(error.localizedDescription)")
        }
    }

    /// The text of a file; nil if there is none.
    package func read(_ name: String) throws(IdentityError) -> String? {
        try Self.read("\(path)/\(name)", isSecret: true)
    }

    /// Replaces a file as a whole. It is readable by its owner only.
    package func write(_ name: String, _ text: String) throws(IdentityError) {
        let file = "\(path)/\(name)"
        let new = "\(file).new-\(getpid())"
        let descriptor = open(new, O_WRONLY | O_CREAT | O_EXCL | O_NOFOLLOW | O_CLOEXEC, 0o600)
        guard descriptor >= 0 else { throw failure("cannot write \(file)") }
        let handle = FileHandle(fileDescriptor: descriptor, closeOnDealloc: true)
        do {
            try handle.write(contentsOf: Data(text.utf8))
            // A key that signed something must not be lost with the power.
            try handle.synchronize()
            try handle.close()
        } catch {
            unlink(new)
            throw IdentityError("cannot write \(file): \(error.localizedDescription)")
        }
        guard rename(new, file) == 0 else {
            let failure = failure("cannot write \(file)")
            unlink(new)
            throw failure
        }
    }

    /// The text of a file that a flag names, or of one in the folder; nil if there is none.
    ///
    /// - Parameter isSecret: whether nobody but the owner may be able to read it.
    package static func read(_ path: String, isSecret: Bool) throws(IdentityError) -> String? {
        let descriptor = open(path, O_RDONLY | O_CLOEXEC | O_NONBLOCK)
        guard descriptor >= 0 else {
            // A file in the place of a folder is told by who needs the folder.
            if errno == ENOENT || errno == ENOTDIR { return nil }
            throw IdentityError("cannot read \(path): \(String(cString: strerror(errno)))")
        }
        let handle = FileHandle(fileDescriptor: descriptor, closeOnDealloc: true)
        var figures = stat()
        guard fstat(descriptor, &figures) == 0, figures.st_mode & S_IFMT == S_IFREG, figures.st_size <= largest else {
            throw IdentityError("\(path) is no file of keys or certificates")
        }
        if isSecret, figures.st_mode & 0o077 != 0 {
            throw IdentityError("\(path) can be read by others: chmod 600 \(path), or remove it to get a new one")
        }
        do {
            return String(decoding: try handle.readToEnd() ?? Data(), as: UTF8.self)
        } catch {
            throw IdentityError("cannot read \(path): \(error.localizedDescription)")
        }
    }

    private func failure(_ what: String) -> IdentityError {
        IdentityError("\(what): \(String(cString: strerror(errno)))")
    }
}
