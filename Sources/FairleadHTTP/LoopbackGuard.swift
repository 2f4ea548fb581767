import NIOCore

/// Keeps web pages away from a server that only listens on the loopback interface.
///
/// A browser on the same machine can be led to any name (DNS rebinding), and sends requests on behalf of any page it
/// shows. Both show in the headers: Host carries the name that the page used, Origin the page's origin.
enum LoopbackGuard {
    /// Why the request is refused; nil if it is allowed.
    static func refusal(host: String?, origin: String?) -> String? {
        if let host, !isLoopback(authority: host) {
            return "the Host header does not name the loopback interface (protection against DNS rebinding)"
        }
        if let origin, !isLoopback(origin: origin) {
            return "requests of web pages from other origins are not allowed"
        }
        return nil
    }

    /// Whether `host` or `host:port` names this machine: `localhost`, 127.0.0.0/8 or `[::1]`.
    static func isLoopback(authority: String) -> Bool {
        if authority.hasPrefix("[") {
            guard let end = authority.firstIndex(of: "]") else { return false }
            let rest = authority[authority.index(after: end)...]
            guard rest.isEmpty || isPort(rest) else { return false }
            return isLoopback(host: authority[authority.index(after: authority.startIndex)..<end])
        }
        guard let colon = authority.firstIndex(of: ":") else { return isLoopback(host: authority[...]) }
        return isPort(authority[colon...]) && isLoopback(host: authority[..<colon])
    }

    static func isLoopback(_ address: SocketAddress) -> Bool {
        switch address {
        case .v4, .v6: address.ipAddress.map { isLoopback(host: $0[...]) } ?? false
        case .unixDomainSocket: true
        }
    }

    private static func isLoopback(origin: String) -> Bool {
        for scheme in ["http://", "https://"] where origin.hasPrefix(scheme) {
            return isLoopback(authority: String(origin.dropFirst(scheme.count)))
        }
        return false
    }

    private static func isLoopback(host: Substring) -> Bool {
        if host == "127.0.0.1" || host == "localhost" || host == "::1" { return true }
        if host.lowercased() == "localhost" || host.lowercased() == "localhost." { return true }
        let parts = host.split(separator: ".", omittingEmptySubsequences: false)
        guard parts.count == 4, parts[0] == "127" else { return false }
        return parts.allSatisfy { part in part.utf8.allSatisfy { (48...57).contains($0) } && UInt8(part) != nil }
    }

    private static func isPort(_ text: Substring) -> Bool {
        text.first == ":" && text.dropFirst().utf8.allSatisfy { (48...57).contains($0) } && text.count <= 6
    }
}
