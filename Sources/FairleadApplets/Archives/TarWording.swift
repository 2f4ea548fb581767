import FairleadContainers

/// How a tar says what is wrong: busybox's, or that of GNU, which Debian has.
enum TarWording: Sendable {
    case busybox, gnu

    private static let hint = "\nTry 'tar --help' or 'tar --usage' for more information."

    private func failure(_ busybox: String, _ gnu: String) -> AppletFailure {
        switch self {
        case .busybox: AppletFailure(busybox)
        case .gnu: AppletFailure(gnu, status: 2)
        }
    }

    /// What follows an error that ends GNU's tar at once.
    private static let end = "\ntar: Error is not recoverable: exiting now"

    var noMode: AppletFailure {
        failure(
            "must specify exactly one of -c -x -t",
            "You must specify one of the '-Acdtrux', '--delete' or '--test-label' options" + Self.hint)
    }

    var nothingToPack: AppletFailure {
        failure("empty archive", "Cowardly refusing to create an empty archive" + Self.hint)
    }

    var leadingSlash: String {
        switch self {
        case .busybox: "tar: removing leading '/' from member names"
        case .gnu: "tar: Removing leading `/' from member names"
        }
    }

    /// A file to pack is not there.
    func missing(_ path: String, _ error: FileError) -> String {
        switch self {
        case .busybox: "tar: \(path): \(error)"
        case .gnu: "tar: \(path): Cannot stat: \(error)"
        }
    }

    /// A file to pack cannot be read.
    func unreadable(_ path: String, _ error: FileError) -> String {
        switch self {
        case .busybox: "tar: \(path): \(error)"
        case .gnu: "tar: \(path): Cannot open: \(error)"
        }
    }

    /// The last words of a tar that has gone on after errors, and its exit code then.
    var delayed: (words: String, status: Int32) {
        switch self {
        case .busybox: ("tar: error exit delayed from previous errors", 1)
        case .gnu: ("tar: Exiting with failure status due to previous errors", 2)
        }
    }

    func noArchive(_ path: String, _ error: FileError) -> AppletFailure {
        failure("can't open '\(path)': \(error)", "\(path): Cannot open: \(error)" + Self.end)
    }

    func noFolder(_ path: String) -> AppletFailure {
        failure(
            "can't change directory to '\(path)': No such file or directory",
            "\(path): Cannot open: No such file or directory" + Self.end)
    }

    var noTar: AppletFailure {
        failure(
            "invalid tar magic",
            "This does not look like a tar archive\ntar: Exiting with failure status due to previous errors")
    }

    var cut: AppletFailure { failure("short read", "Unexpected EOF in archive" + Self.end) }

    /// A member cannot be written.
    func unwritten(_ path: String, isDirectory: Bool, _ error: FileError) -> String {
        switch self {
        case .busybox: "tar: can't create '\(path)': \(error)"
        case .gnu: "tar: \(path): Cannot \(isDirectory ? "mkdir" : "open"): \(error)"
        }
    }
}
