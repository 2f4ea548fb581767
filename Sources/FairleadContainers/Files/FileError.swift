/// Why a file cannot be used, in the words of the C library.
package enum FileError: Error, Hashable, Sendable, CustomStringConvertible {
    case notFound, exists, notDirectory, isDirectory, notEmpty, denied, readOnly, noSpace, tooManyLinks, nameTooLong
    case invalid, crossesDevices, notPermitted

    package var description: String {
        switch self {
        case .notFound: "No such file or directory"
        case .exists: "File exists"
        case .notDirectory: "Not a directory"
        case .isDirectory: "Is a directory"
        case .notEmpty: "Directory not empty"
        case .denied: "Permission denied"
        case .readOnly: "Read-only file system"
        case .noSpace: "No space left on device"
        case .tooManyLinks: "Too many levels of symbolic links"
        case .nameTooLong: "File name too long"
        case .invalid: "Invalid argument"
        case .crossesDevices: "Invalid cross-device link"
        case .notPermitted: "Operation not permitted"
        }
    }
}
