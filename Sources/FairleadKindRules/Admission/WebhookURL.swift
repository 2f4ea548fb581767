import FairleadModel

/// A URL as Go's `net/url` takes it apart, as far as webhooks need it.
package struct WebhookURL: Sendable {
    package struct Fault: Error {
        package let text: String
    }

    package private(set) var scheme = ""
    package private(set) var user: String?
    /// With its port.
    package private(set) var host = ""
    package private(set) var path = ""
    package private(set) var query = ""
    package private(set) var fragment = ""

    package init(_ text: String) throws(Fault) {
        func fault(_ why: String) -> Fault { Fault(text: "parse \(text.goQuoted): \(why)") }
        if text.utf8.contains(where: { $0 < 0x20 || $0 == 0x7F }) {
            throw fault("net/url: invalid control character in URL")
        }
        var rest = text[...]
        if let hash = rest.firstIndex(of: "#") {
            fragment = String(rest[rest.index(after: hash)...])
            rest = rest[..<hash]
        }
        if rest.first == ":" { throw fault("missing protocol scheme") }
        let name = rest.prefix { $0.isASCII && ($0.isLetter || $0.isNumber || "+-.".contains($0)) }
        if rest.dropFirst(name.count).first == ":", let first = name.first, first.isLetter {
            scheme = name.lowercased()
            rest = rest.dropFirst(name.count + 1)
        } else if let colon = rest.firstIndex(of: ":"), !rest[..<colon].contains("/"), !rest[..<colon].contains("?") {
            throw fault("first path segment in URL cannot contain colon")
        }
        if let mark = rest.firstIndex(of: "?") {
            query = String(rest[rest.index(after: mark)...])
            rest = rest[..<mark]
        }
        guard rest.hasPrefix("//") else {
            path = String(rest)
            return
        }
        rest = rest.dropFirst(2)
        var authority = rest.prefix { $0 != "/" }
        path = String(rest.dropFirst(authority.count))
        if let at = authority.lastIndex(of: "@") {
            user = String(authority[..<at])
            authority = authority[authority.index(after: at)...]
        }
        if authority.contains(" ") { throw fault("invalid character \" \" in host name") }
        host = String(authority)
        if !host.hasPrefix("["), let colon = host.lastIndex(of: ":") {
            let port = host[host.index(after: colon)...]
            if !port.allSatisfy({ $0.isASCII && $0.isNumber }) {
                throw fault("invalid port \(String(host[colon...]).goQuoted) after host")
            }
        }
    }
}
