package import FairleadModel

extension WebRequest {
    /// As it is sent: with a length, if there is a body.
    package var bytes: [UInt8] {
        var text = "\(method) \(target) HTTP/1.1\r\n"
        for (name, value) in headers { text += "\(name): \(value)\r\n" }
        if !body.isEmpty, header("content-length") == nil { text += "Content-Length: \(body.count)\r\n" }
        return Array(text.utf8) + Array("\r\n".utf8) + body
    }
}

extension WebResponse {
    /// As it is sent.
    ///
    /// - Parameter hasBody: false as the answer to HEAD: with its length, but not with its body.
    package func bytes(hasBody: Bool = true, closes: Bool = false) -> [UInt8] {
        var text = "HTTP/1.1 \(status) \(Self.phrase(of: status))\r\n"
        for (name, value) in headers where name.lowercased() != "content-length" { text += "\(name): \(value)\r\n" }
        if status >= 200, status != 204, status != 304 { text += "Content-Length: \(body.count)\r\n" }
        if closes, header("connection") == nil { text += "Connection: close\r\n" }
        return Array(text.utf8) + Array("\r\n".utf8) + (hasBody ? body : [])
    }
}

/// One request and its answer over a connection.
package enum WebClient {
    /// Sends a request, which needs a `Host` header of its own if one is wanted, and reads the answer.
    package static func send(
        _ request: WebRequest, over connection: Connection, limit: Int = 16 << 20
    ) async throws(WebError) -> WebResponse {
        do { try await connection.output.write(request.bytes) } catch { throw .ended }
        var reader = WebReader(connection.input, limit: limit)
        return try await reader.response(hasBody: request.method != "HEAD")
    }
}

/// Answers HTTP on a connection, as Go's server does with what is no HTTP.
package enum WebServer {
    /// Serves requests until the client has gone or wants no more.
    ///
    /// - Parameter respond: what answers; nil closes the connection without an answer.
    package static func serve(
        _ connection: Connection, now: @Sendable () -> Timestamp, bodyLimit: Int = 16 << 20,
        _ respond: @Sendable (WebRequest) async -> WebResponse?
    ) async {
        defer { connection.close() }
        var reader = WebReader(connection.input, limit: bodyLimit)
        while !Task.isCancelled {
            do {
                guard var request = try await reader.request() else { return }
                request.peer = connection.peer
                request.local = connection.local
                guard var response = await respond(request) else { return }
                let wants = request.header("connection")?.lowercased()
                let closes = wants == "close" || (request.isHTTP10 && wants != "keep-alive")
                if response.header("date") == nil { response.headers.append(("Date", now().httpDate)) }
                try await connection.output.write(
                    response.bytes(hasBody: request.method != "HEAD", closes: closes))
                connection.onAnswer?()
                if closes { return }
            } catch let error as WebError {
                if error == .ended || error == .empty { return }
                let refusal = WebResponse(error == .tooLarge ? 413 : 400, text: "400 Bad Request")
                // The client is about to be disconnected anyway.
                try? await connection.output.write(refusal.bytes(closes: true))
                return
            } catch { return }
        }
    }
}

extension Timestamp {
    /// As RFC 9110 wants it: `Sun, 29 Nov 2026 03:00:00 GMT`.
    package var httpDate: String { rfc1123.dropLast(5) + "GMT" }
}
