import FairleadContainers
import FairleadModel

/// The basics of httpbin: what came, and what was asked for.
enum HTTPBinServer {
    static func server(port: UInt16, isGo: Bool) -> ListedServer {
        ListedServer(
            ports: { [isGo ? $0.variable("PORT").flatMap { UInt16($0) } ?? port : port] },
            banner: { process, port in
                let now = process.world.now()
                if isGo {
                    return ["time=\(now.rfc3339) level=INFO msg=\"go-httpbin listening on http://0.0.0.0:\(port)\""]
                }
                let date = "[\(now.rfc3339.prefix(10)) \(now.rfc3339.dropFirst(11).prefix(8)) +0000] [1] [INFO]"
                return [
                    "\(date) Starting gunicorn 19.9.0", "\(date) Listening at: http://0.0.0.0:\(port) (1)",
                    "\(date) Using worker: gevent",
                ]
            }, logsToErrors: true, terminated: .success, respond: respond)
    }

    /// Another one for each request.
    private static func identifier(_ context: ListedServer.Context) -> String {
        let seed = "\(context.process.world.podUID) \(context.running) \(context.count)"
        let words = SHA256.hash(Array(seed.utf8)).map { UInt64($0) }
        func number(_ bytes: ArraySlice<UInt64>) -> UInt64 { bytes.reduce(0) { $0 << 8 | $1 } }
        return Environment.uuid(high: number(words[0..<8]), low: number(words[8..<16]))
    }

    private static func respond(_ request: WebRequest, _ context: ListedServer.Context) async -> WebResponse {
        let parts = request.path.split(separator: "/").map(String.init)
        func page(_ members: [(String, Value)]) -> WebResponse { .json(200, OrderedJSON.indented(members) + "\n") }
        let headers = Value.object(Object(request.headers.map { ($0.name, .string($0.value)) }))
        let origin = Value.string(request.peer?.address.description ?? "")
        let url = Value.string("http://\(request.header("host") ?? "")\(request.target)")
        let arguments = Value.object(Object(request.query.map { ($0.name, .string($0.value)) }))
        switch parts.first ?? "" {
        case "":
            return WebResponse(
                200,
                text:
                    "<!DOCTYPE html>\n<html><head><title>httpbin.org</title></head><body>httpbin.org</body></html>\n",
                type: "text/html; charset=utf-8")
        case "get" where request.method == "GET":
            return page([("args", arguments), ("headers", headers), ("origin", origin), ("url", url)])
        case "post", "put", "patch", "delete", "anything":
            // A body that is no JSON has none.
            let json = (try? JSON.parse(request.body).value) ?? .null
            return page([
                ("args", arguments), ("data", .string(String(decoding: request.body, as: UTF8.self))), ("files", [:]),
                ("form", [:]), ("headers", headers), ("json", json),
                ("method", .string(request.method)), ("origin", origin), ("url", url),
            ])
        case "headers": return page([("headers", headers)])
        case "ip": return page([("origin", origin)])
        case "user-agent": return page([("user-agent", .string(request.header("user-agent") ?? ""))])
        case "hostname": return page([("hostname", .string(context.hostname))])
        case "uuid": return page([("uuid", .string(identifier(context)))])
        case "status":
            let status = parts.count > 1 ? Int(parts[1]) ?? 400 : 400
            return WebResponse((200...599).contains(status) ? status : 400, text: "", type: "text/html; charset=utf-8")
        case "delay":
            let seconds = parts.count > 1 ? Double(parts[1]) ?? 0 : 0
            _ = await context.process.sleep(for: .seconds(saturating: min(max(0, seconds), 10)))
            return page([("args", arguments), ("headers", headers), ("origin", origin), ("url", url)])
        case "redirect", "redirect-to":
            return .redirect(302, to: request.parameter("url") ?? "/get")
        case "robots.txt": return WebResponse(200, text: "User-agent: *\nDisallow: /deny\n", type: "text/plain")
        default:
            return WebResponse(
                404,
                text:
                    "<!DOCTYPE HTML PUBLIC \"-//W3C//DTD HTML 3.2 Final//EN\">\n<title>404 Not Found</title>\n"
                    + "<h1>Not Found</h1>\n",
                type: "text/html")
        }
    }
}
