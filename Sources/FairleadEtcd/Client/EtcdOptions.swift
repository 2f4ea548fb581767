/// Where an etcd cluster is, and how to speak to it.
package struct EtcdOptions: Sendable, Hashable {
    /// One member.
    package struct Endpoint: Sendable, Hashable {
        package var host: String
        package var port: Int
        package var isSecure: Bool

        /// - Parameter text: `http://HOST:PORT`, `https://HOST:PORT` or `HOST:PORT`; 2379 is the port if none is given.
        package init?(_ text: String) {
            var rest = Substring(text)
            isSecure = rest.hasPrefix("https://")
            for scheme in ["https://", "http://"] where rest.hasPrefix(scheme) { rest.removeFirst(scheme.count) }
            if rest.hasSuffix("/") { rest.removeLast() }
            if rest.hasPrefix("["), let close = rest.lastIndex(of: "]") {
                host = String(rest[rest.index(after: rest.startIndex)..<close])
                rest = rest[rest.index(after: close)...]
            } else {
                let colon = rest.lastIndex(of: ":") ?? rest.endIndex
                host = String(rest[..<colon])
                rest = rest[colon...]
            }
            if rest.isEmpty {
                port = 2379
            } else {
                guard rest.first == ":", let number = UInt16(rest.dropFirst()), number > 0 else { return nil }
                port = Int(number)
            }
            guard !host.isEmpty, !host.contains(where: { "/?#@ ".contains($0) }) else { return nil }
        }

        /// As a URL.
        package var text: String {
            "\(isSecure ? "https" : "http")://\(host.contains(":") ? "[\(host)]" : host):\(port)"
        }
    }

    /// At least one.
    package var endpoints: [Endpoint]
    /// What every key begins with: a slash, and none at the end.
    package var prefix = "/registry"
    /// A PEM file of the authorities that sign the members' certificates; nil for those of the system.
    package var authorityFile: String?
    /// PEM files of the certificate and key that this program shows; nil for none.
    package var certificateFile: String?
    package var keyFile: String?

    package init(endpoints: [Endpoint]) { self.endpoints = endpoints }

    /// Parses what follows `etcd:` in `--storage`: URLs with commas between them. nil if one of them is none.
    package init?(_ text: String) {
        let parts = text.split(separator: ",", omittingEmptySubsequences: false)
        let endpoints = parts.compactMap { Endpoint(String($0)) }
        guard endpoints.count == parts.count, !endpoints.isEmpty else { return nil }
        self.init(endpoints: endpoints)
    }

    /// As `--storage` takes it.
    package var text: String { "etcd:" + endpoints.map(\.text).joined(separator: ",") }
}
