import FairleadAPI
import FairleadModel

/// The headers of a request that is passed on, and of its answer.
enum RemoteHeaders {
    /// Headers that are between two neighbours only (RFC 9110, 7.6.1).
    private static let hopByHop: Set<String> = [
        "connection", "keep-alive", "proxy-authenticate", "proxy-authorization", "proxy-connection", "te", "trailer",
        "transfer-encoding", "upgrade",
    ]
    /// What is said anew, or only to this server.
    private static let own: Set<String> = ["authorization", "content-length", "expect", "host"]

    /// - Parameter keepsUpgrade: whether the request asks for another protocol, and is to go on asking.
    static func outgoing(
        _ request: APIRequest, by user: UserInfo, keepsUpgrade: Bool = false
    ) -> [(name: String, value: String)] {
        let dropped = hopByHop.union(own).union(named(request.headers.map { $0 }))
        var headers = request.headers.filter { header in
            let name = header.name.lowercased()
            return !dropped.contains(name) && !name.hasPrefix("x-remote-") && !name.hasPrefix("impersonate-")
        }
        if keepsUpgrade {
            headers.append((name: "Connection", value: "Upgrade"))
            headers += request.headers.filter { $0.name.equalsIgnoringASCIICase("upgrade") }
        }
        headers += identity(of: user)
        if let host = request.header("Host") { headers.append((name: "X-Forwarded-Host", value: host)) }
        headers.append((name: "X-Forwarded-Uri", value: request.path))
        headers.append((name: "X-Forwarded-Proto", value: request.peer == nil ? "http" : "https"))
        return headers
    }

    /// Whom the request is made for, as a front proxy says it.
    ///
    /// Reference: k8s.io/client-go `transport` (SetAuthProxyHeaders).
    static func identity(of user: UserInfo) -> [(name: String, value: String)] {
        var headers = [(name: "X-Remote-User", value: oneLine(user.name))]
        if !user.uid.isEmpty { headers.append((name: "X-Remote-Uid", value: oneLine(user.uid))) }
        headers += user.groups.map { (name: "X-Remote-Group", value: oneLine($0)) }
        for (key, values) in user.extra.sorted(by: { $0.key < $1.key }) {
            headers += values.map { (name: "X-Remote-Extra-" + escaped(key), value: oneLine($0)) }
        }
        return headers
    }

    /// What of the answer's headers goes to the client.
    static func incoming(_ headers: [(name: String, value: String)]) -> [(name: String, value: String)] {
        let dropped = hopByHop.union(named(headers)).union(["content-length", "content-type", "date"])
        return headers.filter { !dropped.contains($0.name.lowercased()) }
    }

    private static func named(_ headers: [(name: String, value: String)]) -> Set<String> {
        Set(
            headers.filter { $0.name.equalsIgnoringASCIICase("connection") }.flatMap { header in
                header.value.split(separator: ",").map { $0.filter { $0 != " " && $0 != "\t" }.lowercased() }
            })
    }

    /// Names of users are whatever an authenticator says; a header has one line.
    private static func oneLine(_ text: String) -> String {
        String(decoding: text.utf8.map { $0 < 0x20 || $0 == 0x7F ? UInt8(ascii: "_") : $0 }, as: UTF8.self)
    }

    /// A key as part of a header's name: other bytes than those of a token are percent-encoded.
    private static func escaped(_ key: String) -> String {
        let digits = Array("0123456789ABCDEF".utf8)
        var result: [UInt8] = []
        for byte in key.utf8 {
            switch byte {
            case UInt8(ascii: "a")...UInt8(ascii: "z"), UInt8(ascii: "A")...UInt8(ascii: "Z"),
                UInt8(ascii: "0")...UInt8(ascii: "9"):
                result.append(byte)
            case _ where "!#$&'*+-.^_`|~".utf8.contains(byte): result.append(byte)
            default: result += [UInt8(ascii: "%"), digits[Int(byte >> 4)], digits[Int(byte & 15)]]
            }
        }
        return String(decoding: result, as: UTF8.self)
    }
}
