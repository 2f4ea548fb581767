import FairleadModel

/// The URL of an API server, taken apart.
package struct ServerURL: Sendable, Hashable, CustomStringConvertible {
    package var isSecure: Bool
    /// A name or an address, which has no brackets.
    package var host: String
    package var port: Int
    /// What precedes the paths of the API, such as `/k8s/clusters/c-1`; empty for most servers.
    package var prefix: String

    /// Reads `http://HOST[:PORT][/PREFIX]` or `https://…`.
    package init(_ text: String) throws(RemoteServer.Refusal) {
        let refusal = RemoteServer.Refusal(
            "\"\(text)\" is not the URL of a server: https://HOST:PORT is wanted, as in https://127.0.0.1:6443")
        guard let mark = text.firstRange(of: "://") else { throw refusal }
        switch text[..<mark.lowerBound].lowercased() {
        case "https": isSecure = true
        case "http": isSecure = false
        default: throw refusal
        }
        let rest = text[mark.upperBound...]
        guard rest.utf8.allSatisfy({ $0 > 0x20 && $0 < 0x7F && $0 != UInt8(ascii: "?") && $0 != UInt8(ascii: "#") })
        else { throw refusal }
        let slash = rest.firstIndex(of: "/") ?? rest.endIndex
        guard let (host, port) = Self.hostAndPort(rest[..<slash], standard: isSecure ? 443 : 80) else { throw refusal }
        self.host = host
        self.port = port
        var prefix = rest[slash...]
        while prefix.hasSuffix("/") { prefix.removeLast() }
        self.prefix = String(prefix)
    }

    private static func hostAndPort(_ text: Substring, standard: Int) -> (host: String, port: Int)? {
        var host = text
        var port = standard
        // The colons of an IPv6 address are inside of brackets.
        let end = text.lastIndex(of: "]") ?? text.startIndex
        if let colon = text[end...].lastIndex(of: ":") {
            guard let number = Int(text[text.index(after: colon)...]), 1...65535 ~= number else { return nil }
            host = text[..<colon]
            port = number
        }
        if host.hasPrefix("["), host.hasSuffix("]") {
            host = host.dropFirst().dropLast()
            guard host.contains(":"), isAddress(String(host)) else { return nil }
        } else if host.contains(where: { "[]:@".contains($0) }) {
            return nil
        }
        return host.isEmpty ? nil : (String(host), port)
    }

    static func isAddress(_ host: String) -> Bool { IPAddress(host) != nil }

    /// Without a slash at the end.
    package var description: String { "\(isSecure ? "https" : "http")://\(authority)\(prefix)" }

    /// `HOST:PORT`, as in a Host header.
    var authority: String { "\(host.contains(":") ? "[\(host)]" : host):\(port)" }
}
