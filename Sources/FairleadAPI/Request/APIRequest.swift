/// One HTTP request, free of any framework: what the pipeline works on.
package struct APIRequest: Sendable {
    package var method: String
    /// The path as sent, without the query; `RequestPath` decodes it.
    package var path: String
    /// The query's pairs, percent-decoded, in order.
    package var query: [(name: String, value: String)]
    package var headers: [(name: String, value: String)]
    package var body: [UInt8]

    package init(
        method: String, path: String, query: [(name: String, value: String)] = [],
        headers: [(name: String, value: String)] = [], body: [UInt8] = []
    ) {
        self.method = method
        self.path = path
        self.query = query
        self.headers = headers
        self.body = body
    }

    /// The first header of that name, compared without case.
    package func header(_ name: String) -> String? {
        headers.first { $0.name.utf8.count == name.utf8.count && $0.name.lowercased() == name.lowercased() }?.value
    }

    /// The first query value of that name; nil where there is none.
    package func queryValue(_ name: String) -> String? { query.first { $0.name == name }?.value }
}
