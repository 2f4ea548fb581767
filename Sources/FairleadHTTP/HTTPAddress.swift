import NIOCore

/// A host and a port, in the usual notation: `127.0.0.1:8080`, `[::1]:0`, `localhost:8080`.
package struct HTTPAddress: Sendable, Hashable, CustomStringConvertible {
    /// Without brackets.
    package var host: String
    package var port: Int

    package init(host: String, port: Int) {
        self.host = host
        self.port = port
    }

    /// Parses `host:port`; nil if there is no port or it is out of range. An empty host means all addresses.
    package init?(_ text: String) {
        guard let colon = text.lastIndex(of: ":"), let port = Int(text[text.index(after: colon)...]),
            (0...65535).contains(port)
        else { return nil }
        var host: Substring = text[..<colon]
        if host.hasPrefix("["), host.hasSuffix("]") {
            host = host.dropFirst().dropLast()
        } else if host.contains(":") {
            return nil
        }
        self.init(host: host.isEmpty ? "0.0.0.0" : String(host), port: port)
    }

    package var description: String { host.contains(":") ? "[\(host)]:\(port)" : "\(host):\(port)" }

    package var url: String { "http://\(description)" }

    /// The address to bind to. `localhost` is 127.0.0.1, whatever the resolver says.
    func resolved() throws -> SocketAddress {
        if let numeric = try? SocketAddress(ipAddress: host, port: port) { return numeric }
        if host == "localhost" { return try SocketAddress(ipAddress: "127.0.0.1", port: port) }
        return try SocketAddress.makeAddressResolvingHost(host, port: port)
    }
}

/// Why a server did not start.
package enum HTTPServerError: Error, CustomStringConvertible {
    case remoteAddressRefused(String)
    /// Why, and what would work instead.
    case cannotListen(String)
    case alreadyStarted
    /// The certificate or the key of the door with TLS.
    case badCredentials(String)

    package var description: String {
        switch self {
        case .remoteAddressRefused(let address):
            "cannot listen on \(address): it is not a loopback address, and everyone who can reach it would be an "
                + "administrator; choose --listen 127.0.0.1:8080, or allow that with --insecure-bind"
        case .cannotListen(let why): why
        case .badCredentials(let why): "the certificate or the key for TLS cannot be used: \(why)"
        case .alreadyStarted: "the HTTP server has been started before"
        }
    }
}
