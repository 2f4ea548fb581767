import FairleadModel

/// Headers that many answers have, put together once.
package final class HeaderBlock: Sendable {
    package let fields: [(name: String, value: String)]
    /// The same as lines of HTTP/1.1.
    package let lines: [UInt8]
    /// The head of an answer 200 in JSON, as far as it is always the same: the audit id comes next.
    package let common: [UInt8]

    package init(_ fields: [(name: String, value: String)]) {
        self.fields = fields
        lines = fields.flatMap { Array("\($0.name): \($0.value.asFieldValue)\r\n".utf8) }
        common =
            Array("HTTP/1.1 200 OK\r\nContent-Type: application/json\r\n".utf8) + lines
            + Array("Audit-Id: ".utf8)
    }
}

/// The headers of all requests that are treated alike: of one flow and priority level.
package final class SharedHeaders: Sendable {
    /// For answers that say themselves how they may be cached.
    let plain: HeaderBlock
    /// For all others, which must not be.
    let uncached: HeaderBlock

    package var fields: [(name: String, value: String)] { plain.fields }

    package static let none = SharedHeaders([])

    package init(_ fields: [(name: String, value: String)]) {
        plain = HeaderBlock(fields)
        uncached = HeaderBlock(fields + [(name: "Cache-Control", value: "no-cache, private")])
    }

    /// - Parameter headers: what the answer says by itself.
    func block(beside headers: [(name: String, value: String)]) -> HeaderBlock {
        headers.contains { $0.name == "Cache-Control" } ? plain : uncached
    }
}
