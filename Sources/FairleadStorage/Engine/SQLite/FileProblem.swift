#if canImport(Glibc)
    import Glibc
#elseif canImport(Musl)
    import Musl
#else
    import Darwin
#endif

/// The system's error about a file, worded for the person who named the file, with what would work instead.
struct FileProblem {
    private let code: Int32

    /// - Parameter code: an `errno`; by default that of the last call.
    init(_ code: Int32 = errno) { self.code = code }

    /// `cannot open the database /x/y: permission denied; …`
    func error(_ attempt: String) -> StorageError { .io("\(attempt): \(reason); \(remedy)") }

    private var reason: String {
        switch code {
        case EACCES, EPERM: "permission denied"
        case EROFS: "the file system is read-only"
        case ENOSPC, EDQUOT: "the disk is full"
        case ENOENT: "there is no such folder"
        case ENOTDIR: "one of the folders in the path is a file"
        case ENAMETOOLONG: "the name is too long"
        case ELOOP: "its symbolic links lead in a circle"
        case EIO: "the disk fails"
        case EMFILE, ENFILE: "too many files are open"
        default: String(cString: strerror(code))
        }
    }

    private var remedy: String {
        switch code {
        case EACCES, EPERM: "use the account that may, or choose another --data"
        case ENOSPC, EDQUOT: "make room, or choose another --data"
        case EIO: "choose a --data on another disk"
        case EMFILE, ENFILE: "raise the limit (ulimit -n)"
        default: "choose another --data"
        }
    }
}
