import FairleadModel

/// The parts of a URL that a client needs.
struct WebAddress: Sendable {
    var scheme: String
    var host: String
    var port: UInt16
    /// The path with the query.
    var target: String
    /// What is before `@`.
    var user: String?

    /// `http://user@host:80/path?query`; the scheme may be missing.
    init?(_ text: String) {
        var rest = text[...]
        scheme = "http"
        if let mark = text.range(of: "://") {
            scheme = text[..<mark.lowerBound].lowercased()
            rest = text[mark.upperBound...]
        }
        guard scheme == "http" || scheme == "https" else { return nil }
        rest = rest.prefix { $0 != "#" }
        var authority = rest.prefix { $0 != "/" && $0 != "?" }
        target = String(rest[authority.endIndex...])
        if !target.hasPrefix("/") { target = "/" + target }
        if let at = authority.lastIndex(of: "@") {
            user = String(authority[..<at])
            authority = authority[authority.index(after: at)...]
        }
        var portText: Substring?
        if authority.hasPrefix("["), let close = authority.firstIndex(of: "]") {
            host = String(authority[authority.index(after: authority.startIndex)..<close])
            let after = authority[authority.index(after: close)...]
            if after.hasPrefix(":") { portText = after.dropFirst() } else if !after.isEmpty { return nil }
        } else if let colon = authority.lastIndex(of: ":") {
            host = String(authority[..<colon])
            portText = authority[authority.index(after: colon)...]
        } else {
            host = String(authority)
        }
        port = scheme == "https" ? 443 : 80
        if let portText, !portText.isEmpty {
            guard let number = UInt16(portText), number > 0 else { return nil }
            port = number
        }
        guard !host.isEmpty, host.utf8.count <= 255, !host.utf8.contains(where: { $0 <= 32 }) else { return nil }
        guard !target.utf8.contains(where: { $0 <= 32 || $0 == 127 }) else { return nil }
    }

    /// The value of a `Host` header.
    var authority: String {
        let name = host.contains(":") ? "[\(host)]" : host
        return port == (scheme == "https" ? 443 : 80) ? name : "\(name):\(port)"
    }

    var text: String { "\(scheme)://\(authority)\(target)" }

    /// What a `Location` header leads to from here.
    func following(_ location: String) -> WebAddress? {
        if location.contains("://") { return WebAddress(location) }
        if location.hasPrefix("//") { return WebAddress("\(scheme):\(location)") }
        var next = self
        if location.hasPrefix("/") {
            next.target = location
        } else {
            let path = target.prefix { $0 != "?" }
            let folder = path.lastIndex(of: "/").map { path[...$0] } ?? "/"
            next.target = folder + location
        }
        return WebAddress(next.text)
    }
}

extension String {
    /// The first place of a text.
    fileprivate func range(of text: String) -> Range<String.Index>? { ranges(of: text).first }
}
