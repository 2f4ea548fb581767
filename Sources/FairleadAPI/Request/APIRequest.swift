package import FairleadModel
package import HTTPTypes

/// One HTTP request, independent of any framework: the pipeline's input.
package struct APIRequest: Sendable {
    package var method: HTTPRequest.Method
    /// The path as sent, without the query; `RequestPath` decodes it.
    package var path: String
    /// The query's pairs, percent-decoded and in order.
    package var query: [(name: String, value: String)]
    package var headers: [(name: String, value: String)]
    package var body: [UInt8]
    /// The other end of the connection, as far as the listener knows it; nil on a plain port, which only lets in the
    /// owner.
    package var peer: PeerIdentity?
    /// The IP address of the other end; "" if it is not known.
    package var source = ""
    /// Path and query as the client has sent them; "" if they are not known.
    package var target = ""
    /// Whose turn it is, as the limiter says; nil if nobody asks.
    package var share: RequestShare?

    package init(
        method: HTTPRequest.Method, path: String, query: [(name: String, value: String)] = [],
        headers: [(name: String, value: String)] = [], body: [UInt8] = [], peer: PeerIdentity? = nil
    ) {
        self.method = method
        self.path = path
        self.query = query
        self.headers = headers
        self.body = body
        self.peer = peer
    }

    /// The first header with that name, ignoring case.
    package func header(_ name: String) -> String? {
        headers.first { $0.name.equalsIgnoringASCIICase(name) }?.value
    }

    /// The first query value with that name; nil if there is none.
    package func queryValue(_ name: String) -> String? { query.first { $0.name == name }?.value }
}

extension String {
    /// Whether two texts are equal ignoring ASCII case (RFC 9110, 5.1: names of header fields).
    package func equalsIgnoringASCIICase(_ other: String) -> Bool {
        guard utf8.count == other.utf8.count else { return false }
        return zip(utf8, other.utf8).allSatisfy { left, right in
            left == right || (left ^ right == 0x20 && (0x61...0x7A).contains(left | 0x20))
        }
    }
}
