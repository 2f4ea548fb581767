/// Reads HTTP/1.1 messages from a stream, one after the other.
///
/// For the in-process network of simulated pods only: a message that crosses a real socket is parsed by NIO. Heads are at
/// most 64 KiB, bodies `limit`.
package struct WebReader: Sendable {
    private let source: any ByteSource
    private let limit: Int
    private var buffer: [UInt8] = []

    package init(_ source: any ByteSource, limit: Int = 16 << 20) {
        self.source = source
        self.limit = limit
    }

    /// What has been read beyond the last message: the first bytes of an upgraded connection.
    package var rest: [UInt8] { buffer }

    private struct Head {
        var first: [String]
        var headers: [(name: String, value: String)]

        func value(_ name: String) -> String? { headers.first { $0.name.lowercased() == name }?.value }
    }

    /// The next request; nil if the connection has ended between two of them.
    package mutating func request() async throws(WebError) -> WebRequest? {
        let head: Head
        do throws(WebError) { head = try await self.head() } catch WebError.empty { return nil }
        guard head.first.count == 3, head.first[2].hasPrefix("HTTP/1."), !head.first[1].isEmpty else {
            throw .malformed
        }
        var request = WebRequest(head.first[0], head.first[1], headers: head.headers)
        request.isHTTP10 = head.first[2] == "HTTP/1.0"
        request.body = try await body(head, isResponse: false)
        return request
    }

    /// - Parameter hasBody: false for the answer to HEAD.
    package mutating func response(hasBody: Bool = true) async throws(WebError) -> WebResponse {
        while true {
            let head = try await self.head()
            guard head.first.count >= 2, head.first[0].hasPrefix("HTTP/"), let status = Int(head.first[1]) else {
                throw .malformed
            }
            if status == 100 { continue }
            var response = WebResponse(status, headers: head.headers)
            if hasBody, status != 204, status != 304, status >= 200 {
                response.body = try await body(head, isResponse: true)
            }
            return response
        }
    }

    private mutating func fill() async -> Bool {
        guard let more = await source.read(upTo: 65_536) else { return false }
        buffer += more
        return true
    }

    /// A line without its end.
    private mutating func line(limit: Int) async throws(WebError) -> String {
        var searched = 0
        while true {
            if let end = buffer[searched...].firstIndex(of: UInt8(ascii: "\n")) {
                var line = buffer[..<end]
                if line.last == UInt8(ascii: "\r") { line.removeLast() }
                let text = String(decoding: line, as: UTF8.self)
                buffer.removeFirst(end + 1)
                return text
            }
            searched = buffer.count
            if buffer.count > limit { throw .tooLarge }
            guard await fill() else { throw buffer.isEmpty ? .empty : .ended }
        }
    }

    private mutating func head() async throws(WebError) -> Head {
        var room = 65_536
        let first = try await line(limit: room)
        room -= first.utf8.count
        let parts = first.split(separator: " ", maxSplits: 2, omittingEmptySubsequences: false).map(String.init)
        guard parts.count >= 2, first.contains("HTTP/") else { throw .malformed }
        var head = Head(first: parts, headers: [])
        while true {
            let line: String
            do throws(WebError) { line = try await self.line(limit: max(0, room)) } catch WebError.empty {
                throw .ended
            }
            if line.isEmpty { return head }
            room -= line.utf8.count + 2
            guard room > 0, head.headers.count < 500 else { throw .tooLarge }
            guard let colon = line.firstIndex(of: ":"), colon != line.startIndex else { throw .malformed }
            let value = line[line.index(after: colon)...]
            head.headers.append((String(line[..<colon]), Self.trimmed(value)))
        }
    }

    private static func trimmed(_ text: Substring) -> String {
        let isBlank: (Character) -> Bool = { $0 == " " || $0 == "\t" }
        var text = text.drop(while: isBlank)
        while let last = text.last, isBlank(last) { text.removeLast() }
        return String(text)
    }

    private mutating func body(_ head: Head, isResponse: Bool) async throws(WebError) -> [UInt8] {
        if head.value("transfer-encoding")?.lowercased().contains("chunked") == true { return try await chunks() }
        if let text = head.value("content-length") {
            guard let length = Int(text), length >= 0 else { throw .malformed }
            guard length <= limit else { throw .tooLarge }
            return try await take(length)
        }
        guard isResponse, head.value("upgrade") == nil else { return [] }
        while await fill() { if buffer.count > limit { throw .tooLarge } }
        defer { buffer = [] }
        return buffer
    }

    private mutating func take(_ count: Int) async throws(WebError) -> [UInt8] {
        while buffer.count < count { guard await fill() else { throw .ended } }
        let bytes = Array(buffer.prefix(count))
        buffer.removeFirst(count)
        return bytes
    }

    private mutating func chunks() async throws(WebError) -> [UInt8] {
        var body: [UInt8] = []
        while true {
            let size = try await line(limit: 4096).prefix { $0 != ";" }
            guard let count = Int(size.filter { $0 != " " }, radix: 16), count >= 0 else { throw .malformed }
            guard count <= limit - body.count else { throw .tooLarge }
            if count == 0 {
                // Trailers end with an empty line.
                while try await !line(limit: 4096).isEmpty {}
                return body
            }
            body += try await take(count)
            guard try await line(limit: 2).isEmpty else { throw .malformed }
        }
    }
}
