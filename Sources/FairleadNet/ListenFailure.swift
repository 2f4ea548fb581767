import NIOCore

#if canImport(Glibc)
    import Glibc
#elseif canImport(Musl)
    import Musl
#else
    import Darwin
#endif

/// Why an address cannot be listened on and what would work instead, worded for the person who chose it.
package struct ListenFailure: Error, CustomStringConvertible {
    package let description: String

    /// - Parameters:
    ///   - error: the error that NIO threw.
    ///   - address: host and port, as given.
    ///   - port: the port in `address`.
    ///   - purpose: what the address is for, if there is more than one possibility: ` for DNS`.
    ///   - flag: the flag that sets the address.
    package init(_ error: any Error, address: String, port: Int, purpose: String = "", flag: String) {
        let (reason, remedy) = Self.explain(error, port, flag)
        description = "cannot listen on \(address)\(purpose): \(reason); \(remedy)"
    }

    private static func explain(_ error: any Error, _ port: Int, _ flag: String) -> (reason: String, remedy: String) {
        if let unknown = error as? SocketAddressError.UnknownHost {
            return (
                "no address is known for the name \(unknown.host)", "give an address, as in \(flag) 127.0.0.1:\(port)"
            )
        }
        guard let code = (error as? IOError)?.errnoCode else { return ("\(error)", "choose another \(flag)") }
        return switch code {
        case EADDRINUSE:
            (
                "another program listens there",
                "stop that one, or choose another port: \(flag) 127.0.0.1:0 takes a free one"
            )
        case EACCES where (1..<1024).contains(port):
            ("ports below 1024 are for root", "choose a port from 1024 on, as in \(flag) 127.0.0.1:\(port + 8000)")
        case EACCES, EPERM: ("the system does not permit it", "choose another \(flag)")
        case EADDRNOTAVAIL:
            ("this machine has no such address", "choose one that it has, as in \(flag) 127.0.0.1:\(port)")
        case EAFNOSUPPORT: ("this machine has no addresses of that family", "choose \(flag) 127.0.0.1:\(port)")
        case EMFILE, ENFILE: ("too many files are open", "raise the limit (ulimit -n)")
        default: (String(cString: strerror(code)), "choose another \(flag)")
        }
    }
}
