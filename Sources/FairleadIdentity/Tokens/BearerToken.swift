import FairleadModel

/// The token of an `Authorization` header, found as kube-apiserver finds it.
package enum BearerToken {
    /// - Returns: nil if the header names no token: another scheme, or nothing after `Bearer`.
    package static func token(in header: String) -> String? {
        let text = header.utf8.drop { $0 == 0x20 || $0 == 0x09 }
        let trimmed = text.reversed().drop { $0 == 0x20 || $0 == 0x09 }.reversed()
        let parts = Array(trimmed).split(separator: 0x20, maxSplits: 2, omittingEmptySubsequences: false)
        guard parts.count >= 2, String(decoding: parts[0], as: UTF8.self).lowercased() == "bearer", !parts[1].isEmpty
        else { return nil }
        return String(decoding: parts[1], as: UTF8.self)
    }

    /// The protocol by which browsers send a token, since they cannot set headers of a WebSocket.
    private static let protocolPrefix = "base64url.bearer.authorization.k8s.io."

    /// The token among the protocols that the client of a WebSocket offers.
    package enum Offered: Sendable, Equatable {
        case none
        case token(String)
        /// What is wrong with it.
        case malformed(String)
    }

    /// - Parameter headers: the values of `Sec-WebSocket-Protocol`.
    package static func offered(in headers: [String]) -> Offered {
        var token: String?
        var hasOther = false
        for text in headers.flatMap({ $0.split(separator: ",") }) {
            let name = text.drop { $0 == " " }
            guard name.hasPrefix(protocolPrefix) else {
                hasOther = true
                continue
            }
            if token != nil { return .malformed("multiple base64.bearer.authorization tokens specified") }
            var encoded = name.dropFirst(protocolPrefix.count)
            while encoded.last == " " { encoded.removeLast() }
            guard case .success(let bytes) = Base64URL.decode(String(encoded)),
                String(validating: bytes, as: UTF8.self) != nil
            else { return .malformed("invalid base64.bearer.authorization token encoding") }
            token = String(decoding: bytes, as: UTF8.self)
        }
        guard let token else { return .none }
        // The token itself is no protocol that can be spoken.
        return hasOther ? .token(token) : .malformed("missing additional subprotocol")
    }
}
