import FairleadContainers
import FairleadModel

/// One request that is passed on, and its answer on the way back.
struct ProxyExchange: Sendable {
    let request: APIRequest
    let path: ProxyPath

    /// As long as Go's dialer waits.
    private static let dialLimit = Duration.seconds(30)
    private static let answerLimit = 8 << 20
    /// Headers that are between two neighbours only (RFC 9110, 7.6.1).
    private static let hopByHop: Set<String> = [
        "connection", "keep-alive", "proxy-authenticate", "proxy-authorization", "proxy-connection", "te", "trailer",
        "transfer-encoding", "upgrade",
    ]

    /// - Throws: 503 if the program cannot be reached, or answers nothing that is HTTP.
    func run(_ destination: NetworkAddress, _ pods: any PodAccess) async throws(APIStatus) -> APIResponse {
        let connection: Connection
        do throws(NetworkError) {
            connection = try await pods.connect(fromNode: nil, to: destination, within: Self.dialLimit)
        } catch {
            let why = error == .timedOut ? "i/o timeout" : "connect: \(error.goDescription)"
            throw .unavailable("error trying to reach service: dial tcp \(destination): \(why)")
        }
        defer { connection.close() }
        do throws(WebError) {
            let answer = try await WebClient.send(outgoing, over: connection, limit: Self.answerLimit)
            return response(answer, from: destination)
        } catch {
            let why =
                switch error {
                case .ended, .empty: "EOF"
                case .malformed: "net/http: HTTP/1.x transport connection broken: malformed HTTP response"
                case .tooLarge: "the answer is larger than \(Self.answerLimit) bytes"
                }
            throw .unavailable("error trying to reach service: \(why)")
        }
    }

    private var outgoing: WebRequest {
        let query = ProxyPath.query(request.query)
        let target = (path.rest.isEmpty ? "/" : path.rest) + (query.isEmpty ? "" : "?" + query)
        var result = WebRequest(request.method.rawValue, Self.oneLine(target), body: request.body)
        let named = request.headers.filter { $0.name.equalsIgnoringASCIICase("connection") }.flatMap {
            $0.value.split(separator: ",").map { $0.filter { $0 != " " && $0 != "\t" }.lowercased() }
        }
        let dropped = Self.hopByHop.union(named).union(["authorization", "content-length", "expect"])
        // Nor is who the client is, or was allowed to act as, for programs to see.
        result.headers = request.headers.filter { header in
            let name = header.name.lowercased()
            return !dropped.contains(name) && !name.hasPrefix("impersonate-")
        }
        if !request.body.isEmpty || request.method == .post || request.method == .put || request.method == .patch {
            result.headers.append((name: "Content-Length", value: "\(request.body.count)"))
        }
        result.headers.append((name: "X-Forwarded-Uri", value: Self.oneLine(path.prefix + path.rest)))
        result.headers.append((name: "X-Forwarded-Host", value: request.header("Host") ?? ""))
        result.headers.append((name: "X-Forwarded-Proto", value: "http"))
        return result
    }

    private func response(_ answer: WebResponse, from destination: NetworkAddress) -> APIResponse {
        let named = (answer.header("connection") ?? "").split(separator: ",").map {
            $0.filter { $0 != " " && $0 != "\t" }.lowercased()
        }
        let dropped = Self.hopByHop.union(named).union(["content-length", "content-type", "date"])
        let headers = answer.headers.filter { !dropped.contains($0.name.lowercased()) }
        let response = APIResponse(
            status: (200...599).contains(answer.status) ? answer.status : 502,
            contentType: answer.header("content-type") ?? "",
            headers: headers, body: answer.body.isEmpty ? [] : [answer.body])
        return rewritten(response, host: destination.description)
    }

    /// Links in HTML, and the `Location`, lead through the proxy again.
    ///
    /// - Parameter host: of the program.
    func rewritten(_ response: APIResponse, host: String = "") -> APIResponse {
        var response = response
        let links = ProxyLinks(prefix: path.prefix, host: host)
        if let place = response.headers.firstIndex(where: { $0.name.equalsIgnoringASCIICase("location") }) {
            response.headers[place].value = links.rewritten(response.headers[place].value)
            return response
        }
        let type = response.contentType.prefix { $0 != ";" && $0 != " " }.lowercased()
        let isEncoded = response.headers.contains { $0.name.equalsIgnoringASCIICase("content-encoding") }
        if type == "text/html", !isEncoded { response.body = [links.rewritten(html: response.body.flatMap { $0 })] }
        return response
    }

    /// What was decoded from the client's path must not begin another line.
    private static func oneLine(_ text: String) -> String {
        String(decoding: text.utf8.map { $0 <= 0x20 || $0 == 0x7F ? UInt8(ascii: "_") : $0 }, as: UTF8.self)
    }
}
