package import FairleadModel
package import HTTPTypes

/// One HTTP request, independent of any framework: the pipeline's input.
///
/// A copy refers to the same parts, since it is passed from stage to stage.
package struct APIRequest: Sendable {
    /// Everything that a request says, and where it comes from.
    package struct Parts: Sendable {
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
    }

    private final class Storage: Sendable {
        let parts: Parts

        init(_ parts: Parts) { self.parts = parts }
    }

    private var storage: Storage

    /// To change it makes new parts: whoever changes several does so before it is made.
    package var parts: Parts {
        get { storage.parts }
        set { storage = Storage(newValue) }
    }

    package var method: HTTPRequest.Method {
        get { storage.parts.method }
        set { parts.method = newValue }
    }
    package var path: String {
        get { storage.parts.path }
        set { parts.path = newValue }
    }
    package var query: [(name: String, value: String)] {
        get { storage.parts.query }
        set { parts.query = newValue }
    }
    package var headers: [(name: String, value: String)] {
        get { storage.parts.headers }
        set { parts.headers = newValue }
    }
    package var body: [UInt8] {
        get { storage.parts.body }
        set { parts.body = newValue }
    }
    package var peer: PeerIdentity? {
        get { storage.parts.peer }
        set { parts.peer = newValue }
    }
    package var source: String { storage.parts.source }
    package var target: String { storage.parts.target }
    package var share: RequestShare? { storage.parts.share }

    package init(_ parts: Parts) { storage = Storage(parts) }

    package init(
        method: HTTPRequest.Method, path: String, query: [(name: String, value: String)] = [],
        headers: [(name: String, value: String)] = [], body: [UInt8] = [], peer: PeerIdentity? = nil
    ) {
        self.init(Parts(method: method, path: path, query: query, headers: headers, body: body, peer: peer))
    }

    /// The first header with that name, ignoring case.
    package func header(_ name: String) -> String? {
        headers.first { $0.name.equalsIgnoringASCIICase(name) }?.value
    }

    /// The first query value with that name; nil if there is none.
    package func queryValue(_ name: String) -> String? { query.first { $0.name == name }?.value }
}
