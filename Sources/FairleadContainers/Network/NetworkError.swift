/// Why nobody could be reached.
package enum NetworkError: Error, Hashable, Sendable, CustomStringConvertible {
    case refused, timedOut, noRoute, reset, addressInUse, permissionDenied, addressNotAvailable
    /// The name does not exist, or has no address.
    case nameNotFound(String)
    /// The name server gave no answer.
    case nameFailure(String)
    case cancelled

    /// In the words of the C library.
    package var description: String {
        switch self {
        case .refused: "Connection refused"
        case .timedOut: "Connection timed out"
        case .noRoute: "No route to host"
        case .reset: "Connection reset by peer"
        case .addressInUse: "Address already in use"
        case .permissionDenied: "Permission denied"
        case .addressNotAvailable: "Cannot assign requested address"
        case .nameNotFound: "Name or service not known"
        case .nameFailure: "Temporary failure in name resolution"
        case .cancelled: "Operation canceled"
        }
    }

    /// In the words of Go's net package, after `dial tcp 10.0.0.1:80: connect: `.
    package var goDescription: String {
        switch self {
        case .timedOut: "connection timed out"
        case .noRoute: "no route to host"
        case .nameNotFound: "no such host"
        default: description.prefix(1).lowercased() + description.dropFirst()
        }
    }
}
