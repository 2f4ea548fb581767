/// An HTTP request as a simulated program sends or gets it.
package struct WebRequest: Sendable {
    package var method: String
    /// The path with the query, as in the first line.
    package var target: String
    package var headers: [(name: String, value: String)]
    package var body: [UInt8]
    /// The other end of the connection, as this end sees it; nil for a request that is to be sent.
    package var peer: NetworkAddress?
    package var local: NetworkAddress?
    package var isHTTP10 = false

    package init(
        _ method: String = "GET", _ target: String, headers: [(name: String, value: String)] = [], body: [UInt8] = []
    ) {
        self.method = method
        self.target = target
        self.headers = headers
        self.body = body
    }

    /// The value of the first header of a name, in whatever case.
    package func header(_ name: String) -> String? {
        let name = name.lowercased()
        return headers.first { $0.name.lowercased() == name }?.value
    }

    /// Without the query, not decoded.
    package var path: String { String(target.prefix { $0 != "?" }) }

    /// The pairs of the query, decoded.
    package var query: [(name: String, value: String)] {
        guard let mark = target.firstIndex(of: "?") else { return [] }
        return target[target.index(after: mark)...].split(separator: "&").map { pair in
            let parts = pair.split(separator: "=", maxSplits: 1, omittingEmptySubsequences: false)
            return (Self.decoded(parts[0]), parts.count > 1 ? Self.decoded(parts[1]) : "")
        }
    }

    /// The value of the first pair of a name in the query.
    package func parameter(_ name: String) -> String? { query.first { $0.name == name }?.value }

    /// Percent signs, and plus signs as blanks.
    package static func decoded(_ text: some StringProtocol) -> String {
        var bytes: [UInt8] = []
        var rest = Array(text.utf8)[...]
        while let byte = rest.popFirst() {
            if byte == UInt8(ascii: "+") {
                bytes.append(UInt8(ascii: " "))
            } else if byte == UInt8(ascii: "%"), rest.count >= 2,
                let value = UInt8(String(decoding: rest.prefix(2), as: UTF8.self), radix: 16)
            {
                bytes.append(value)
                rest = rest.dropFirst(2)
            } else {
                bytes.append(byte)
            }
        }
        return String(decoding: bytes, as: UTF8.self)
    }
}

package struct WebResponse: Sendable {
    package var status: Int
    package var headers: [(name: String, value: String)]
    package var body: [UInt8]

    package init(_ status: Int = 200, headers: [(name: String, value: String)] = [], body: [UInt8] = []) {
        self.status = status
        self.headers = headers
        self.body = body
    }

    package init(_ status: Int = 200, text: String, type: String = "text/plain; charset=utf-8") {
        self.init(status, headers: [("Content-Type", type)], body: Array(text.utf8))
    }

    package func header(_ name: String) -> String? {
        let name = name.lowercased()
        return headers.first { $0.name.lowercased() == name }?.value
    }

    package var text: String { String(decoding: body, as: UTF8.self) }

    package static func phrase(of status: Int) -> String {
        switch status {
        case 200: "OK"
        case 201: "Created"
        case 202: "Accepted"
        case 204: "No Content"
        case 206: "Partial Content"
        case 301: "Moved Permanently"
        case 302: "Found"
        case 303: "See Other"
        case 304: "Not Modified"
        case 307: "Temporary Redirect"
        case 308: "Permanent Redirect"
        case 400: "Bad Request"
        case 401: "Unauthorized"
        case 403: "Forbidden"
        case 404: "Not Found"
        case 405: "Method Not Allowed"
        case 408: "Request Timeout"
        case 412: "Precondition Failed"
        case 413: "Request Entity Too Large"
        case 417: "Expectation Failed"
        case 418: "I'm a teapot"
        case 429: "Too Many Requests"
        case 500: "Internal Server Error"
        case 501: "Not Implemented"
        case 502: "Bad Gateway"
        case 503: "Service Unavailable"
        case 504: "Gateway Timeout"
        default: "status code \(status)"
        }
    }
}

/// Why a message could not be read.
package enum WebError: Error, Hashable, Sendable {
    /// The connection ended before the message did.
    case ended
    /// Nothing came at all.
    case empty
    case malformed
    case tooLarge
}
