import FairleadContainers
import FairleadModel

/// Images that answer with the request, and with where it has arrived.
enum EchoServers {
    /// The first line and the headers as they came.
    private static func dump(_ request: WebRequest) -> String {
        let version = request.isHTTP10 ? "1.0" : "1.1"
        let headers = request.headers.filter { $0.name.lowercased() != "host" }.sorted { $0.name < $1.name }
        return "\(request.method) \(request.target) HTTP/\(version)\r\nHost: \(request.header("host") ?? "")\r\n"
            + headers.map { "\($0.name): \($0.value)\r\n" }.joined()
    }

    private static func peer(_ request: WebRequest) -> String { request.peer?.description ?? "" }

    private static func option(_ name: String, _ process: Process) -> String? {
        let arguments = process.arguments
        for (index, argument) in arguments.enumerated() {
            let bare = argument.drop { $0 == "-" }
            if bare.hasPrefix(name + "=") { return String(bare.dropFirst(name.count + 1)) }
            if bare == name, argument.hasPrefix("-"), index + 1 < arguments.count { return arguments[index + 1] }
        }
        return nil
    }

    /// The port of an option, a variable or the image.
    private static func port(_ fallback: UInt16, option: String?, variable: String?, _ process: Process) -> UInt16 {
        let given = option.flatMap { Self.option($0, process) } ?? variable.flatMap { process.variable($0) }
        return given.flatMap { text in text.split(separator: ":").last.flatMap { UInt16($0) } } ?? fallback
    }

    // MARK: - traefik/whoami

    static var whoami: ListedServer {
        ListedServer(
            ports: { [port(80, option: "port", variable: "WHOAMI_PORT_NUMBER", $0)] },
            banner: { ["\(GoText.logDate($0.world.now())) Starting up on port \($1)"] }, logsToErrors: true,
            terminated: ExitStatus(2)
        ) { request, context in
            // What is no duration is not waited for.
            if let wait = request.parameter("wait"), let delay = try? GoDuration.parse(wait) {
                _ = await context.process.sleep(for: min(max(delay, .zero), .seconds(3600)))
            }
            switch request.path {
            case "/bench": return .sniffed(200, "1")
            case "/health":
                if request.method == "POST" {
                    let text = String(decoding: request.body.prefix(8), as: UTF8.self)
                    guard let status = Int(text), (200...999).contains(status) else { return WebResponse(400) }
                    context.memory.value = status
                    return WebResponse(200)
                }
                return WebResponse(context.memory.value)
            case "/data": return data(request)
            case "/api": return .json(200, whoamiJSON(request, context))
            default: return .sniffed(200, whoamiText(request, context))
            }
        }
    }

    private static func addresses(_ context: ListedServer.Context) -> [String] {
        ["127.0.0.1", "::1"] + context.process.world.network.addresses.map(\.description)
    }

    private static func whoamiText(_ request: WebRequest, _ context: ListedServer.Context) -> String {
        var lines: [String] = []
        if let name = option("name", context.process) ?? context.process.variable("WHOAMI_NAME") {
            lines.append("Name: \(name)")
        }
        lines.append("Hostname: \(context.hostname)")
        lines += addresses(context).map { "IP: \($0)" }
        lines.append("RemoteAddr: \(peer(request))")
        var text = lines.joined(separator: "\n") + "\n" + dump(request) + "\r\n"
        if request.parameter("env") == "true" {
            text += context.process.environment.map { "\($0.name)=\($0.value)\n" }.joined()
        }
        return text
    }

    private static func whoamiJSON(_ request: WebRequest, _ context: ListedServer.Context) -> String {
        let headers = Object(
            request.headers.filter { $0.name.lowercased() != "host" }.map { ($0.name, .array([.string($0.value)])) })
        var members: [(String, Value)] = [
            ("hostname", .string(context.hostname)), ("ip", .array(addresses(context).map { .string($0) })),
            ("headers", .object(headers)), ("url", .string(request.target)),
            ("host", .string(request.header("host") ?? "")), ("method", .string(request.method)),
        ]
        if let name = option("name", context.process) ?? context.process.variable("WHOAMI_NAME") {
            members.append(("name", .string(name)))
        }
        members.append(("remoteAddr", .string(peer(request))))
        return OrderedJSON.text(members) + "\n"
    }

    /// `/data?size=2&unit=kb`: text of that size, at most a megabyte.
    private static func data(_ request: WebRequest) -> WebResponse {
        let units = ["kb": 1 << 10, "mb": 1 << 20, "gb": 1 << 30]
        let unit = units[(request.parameter("unit") ?? "").lowercased()] ?? 1
        let size = min((request.parameter("size").flatMap { Int($0) } ?? 1) *| unit, 1 << 20)
        guard size > 0 else { return .sniffed(200, "") }
        let letters = Array("-ABCDEFGHIJKLMNOPQRSTUVWXYZ".utf8)
        var body = (0..<size).map { letters[$0 % letters.count] }
        body[0] = UInt8(ascii: "|")
        body[size - 1] = UInt8(ascii: "|")
        return WebResponse(200, headers: [("Content-Type", "text/plain")], body: body)
    }

    // MARK: - echo servers of Kubernetes' and minikube's lessons

    /// registry.k8s.io/echoserver:1.4.
    static var old: ListedServer {
        ListedServer(ports: { _ in [8080] }, terminated: .success) { request, _ in
            let version = request.isHTTP10 ? "1.0" : "1.1"
            let query = request.target.contains("?") ? String(request.target.drop { $0 != "?" }.dropFirst()) : "nil"
            let headers = request.headers.map { "\($0.name.lowercased())=\($0.value)" }.sorted()
            let lines = [
                "CLIENT VALUES:", "client_address=\(request.peer?.address.description ?? "")",
                "command=\(request.method)",
                "real path=\(request.target)", "query=\(query)", "request_version=\(version)",
                "request_uri=http://\((request.header("host") ?? "").prefix { $0 != ":" }):8080\(request.target)", "",
                "SERVER VALUES:", "server_version=nginx: 1.10.0 - lua: 10001", "", "HEADERS RECEIVED:",
            ]
            let body = request.body.isEmpty ? "-no body in request-" : String(decoding: request.body, as: UTF8.self)
            return WebResponse(
                200, text: (lines + headers + ["BODY:", body]).joined(separator: "\n"), type: "text/plain")
        }
    }

    /// registry.k8s.io/echoserver:1.10.
    static var blocks: ListedServer {
        ListedServer(ports: { _ in [8080] }, terminated: .success) { request, context in
            let names = [
                ("NODE_NAME", "node name"), ("POD_NAME", "pod name"), ("POD_NAMESPACE", "pod namespace"),
                ("POD_IP", "pod IP"),
            ]
            let known = names.compactMap { variable, label in
                context.process.variable(variable).map { "\t\(label):\t\($0)" }
            }
            let query = request.target.contains("?") ? String(request.target.drop { $0 != "?" }.dropFirst()) : ""
            let host = (request.header("host") ?? "").prefix { $0 != ":" }
            let headers = request.headers.map { "\t\($0.name.lowercased())=\($0.value)" }.sorted()
            let body = request.body.isEmpty ? "\t-no body in request-" : String(decoding: request.body, as: UTF8.self)
            let lines =
                ["", "", "Hostname: \(context.hostname)", "", "Pod Information:"]
                + (known.isEmpty ? ["\t-no pod information available-"] : known)
                + [
                    "", "Server values:", "\tserver_version=nginx: 1.13.3 - lua: 10008", "", "Request Information:",
                    "\tclient_address=\(request.peer?.address.description ?? "")", "\tmethod=\(request.method)",
                    "\treal path=\(request.target)", "\tquery=\(query)", "\trequest_version=1.1",
                    "\trequest_scheme=http",
                    "\trequest_uri=http://\(host):8080\(request.target)", "", "Request Headers:",
                ] + headers + ["", "Request Body:", body, ""]
            return WebResponse(200, text: lines.joined(separator: "\n"), type: "text/plain")
        }
    }

    /// jmalloc/echo-server and kicbase/echo-server.
    static var served: ListedServer {
        ListedServer(
            ports: { [port(8080, option: nil, variable: "PORT", $0)] },
            banner: { ["Echo server listening on port \($1)."] },
            accessLine: { request, _, _ in "\(peer(request)) | \(request.method) \(request.target)" },
            terminated: ExitStatus(2)
        ) { request, context in
            let headers = request.headers.filter { $0.name.lowercased() != "host" }.sorted { $0.name < $1.name }
            let text =
                "Request served by \(context.hostname)\n\nHTTP/1.1 \(request.method) \(request.target)\n\n"
                + "Host: \(request.header("host") ?? "")\n" + headers.map { "\($0.name): \($0.value)\n" }.joined()
            let body = request.body.isEmpty ? "" : "\n" + String(decoding: request.body, as: UTF8.self)
            return WebResponse(200, text: text + body, type: "text/plain")
        }
    }

    /// ealen/echo-server.
    static var json: ListedServer {
        ListedServer(
            ports: { [port(80, option: "port", variable: "PORT", $0)] },
            banner: { _, port in ["Listening on port \(port)."] },
            accessLine: { request, _, context in
                OrderedJSON.text([
                    ("name", "echo-server"), ("hostname", .string(context.hostname)), ("pid", 1), ("level", 30),
                    (
                        "msg",
                        .string(
                            "\(context.now.rfc3339) | [\(request.method)] - "
                                + "http://\(request.header("host") ?? "")\(request.target)"
                        )
                    ),
                ])
            }
        ) { request, context in
            func control(_ name: String) -> String? {
                request.parameter("echo_\(name)") ?? request.header("x-echo-\(name)")
            }
            if let delay = control("time").flatMap({ Int($0) }), delay > 0 {
                _ = await context.process.sleep(for: .milliseconds(min(delay, 60_000)))
            }
            let code = control("code").flatMap { Int($0.prefix { $0 != "-" }) } ?? 200
            let status = (200...599).contains(code) ? code : 200
            if let body = control("body") { return .json(status, Value.string(body).jsonText) }
            return .json(status, echoJSON(request, context))
        }
    }

    private static func echoJSON(_ request: WebRequest, _ context: ListedServer.Context) -> String {
        let address = request.peer?.address.description ?? ""
        let environment = Object(context.process.environment.map { ($0.name, .string($0.value)) })
        let headers = Object(request.headers.map { ($0.name.lowercased(), .string($0.value)) })
        let host: Value = [
            "hostname": .string(String((request.header("host") ?? "").prefix { $0 != ":" })), "ip": .string(address),
            "ips": .array([]),
        ]
        let http: Value = [
            "method": .string(request.method), "baseUrl": "", "originalUrl": .string(request.target),
            "protocol": "http",
        ]
        // A body that is no JSON is shown as text.
        let parsed = (try? JSON.parse(request.body).value) ?? .string(String(decoding: request.body, as: UTF8.self))
        let parts: Value = [
            "params": ["0": .string(request.path)],
            "query": .object(Object(request.query.map { ($0.name, .string($0.value)) })), "cookies": [:],
            "body": request.body.isEmpty ? [:] : parsed, "headers": .object(headers),
        ]
        return OrderedJSON.text([
            ("host", host), ("http", http), ("request", parts), ("environment", .object(environment)),
        ])
    }
}
