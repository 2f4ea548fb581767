import FairleadModel

/// The answer to a client that wants a WebSocket (RFC 6455, 4.2).
enum WebSocketHandshake {
    private static let suffix = "258EAFA5-E914-47DA-95CA-C5AB0DC85B11"

    static func accept(key: String) -> String {
        Base64.encode(SHA1.digest(of: Array((key + suffix).utf8))[...])
    }

    /// The protocol that is chosen: the first of the client's that is served.
    ///
    /// - Parameter served: with an empty name if none need be named.
    /// - Returns: nil if there is no such protocol.
    static func choice(of offered: [String], served: [String]) -> String? {
        if offered.isEmpty { return served.contains("") ? "" : nil }
        return offered.first { !$0.isEmpty && served.contains($0) }
    }

    enum Verdict {
        case headers([(name: String, value: String)], chosen: String)
        case refusal(status: Int, headers: [(name: String, value: String)], text: String)
    }

    static func answer(_ request: SessionRequest, served: [String]) -> Verdict {
        guard request.values("sec-websocket-version") == ["13"] else {
            return .refusal(
                status: 400, headers: [(name: "Sec-WebSocket-Version", value: "13")],
                text: "missing or bad WebSocket Version")
        }
        let keys = request.values("sec-websocket-key")
        guard keys.count == 1, keys[0].utf8.count == 24 else {
            return .refusal(status: 400, headers: [], text: "mismatch challenge/response")
        }
        guard let chosen = choice(of: request.values("sec-websocket-protocol"), served: served) else {
            return .refusal(status: 403, headers: [], text: "")
        }
        var headers: [(name: String, value: String)] = [
            (name: "Upgrade", value: "websocket"), (name: "Connection", value: "Upgrade"),
            (name: "Sec-WebSocket-Accept", value: accept(key: keys[0])),
        ]
        if !chosen.isEmpty { headers.append((name: "Sec-WebSocket-Protocol", value: chosen)) }
        return .headers(headers, chosen: chosen)
    }
}
