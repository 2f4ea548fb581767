import FairleadContainers
import FairleadModel

/// Small web servers of tutorials and demonstrations.
enum DemoServers {
    static func port(_ fallback: UInt16, variable: String = "PORT") -> @Sendable (Process) -> [UInt16] {
        { [$0.variable(variable).flatMap { UInt16($0) } ?? fallback] }
    }

    /// gcr.io/google-samples/kubernetes-bootcamp; v2 says so.
    static func bootcamp(version: Int) -> ListedServer {
        ListedServer(
            ports: { _ in [8080] },
            banner: { process, _ in
                let time = process.world.now().rfc3339Micro.dropLast(4) + "Z"
                return ["Kubernetes Bootcamp App Started At: \(time) | Running On:  \(process.world.hostname) ", ""]
            },
            accessLine: { _, _, context in
                "Running On: \(context.hostname) | Total Requests: \(context.count + 1) | App Uptime: "
                    + "\(Double(context.running / .milliseconds(1)).rounded() / 1000) seconds | Log Time: \(context.now.rfc3339Micro.dropLast(4))Z"
            }
        ) { _, context in
            WebResponse(
                200, text: "Hello Kubernetes bootcamp! | Running on: \(context.hostname) | v=\(version)\n",
                type: "text/plain")
        }
    }

    /// gcr.io/google-samples/hello-app.
    static func helloApp(version: String) -> ListedServer {
        ListedServer(
            ports: port(8080),
            banner: { ["\(GoText.logDate($0.world.now())) Server listening on port \($1)"] },
            accessLine: { request, _, context in "\(GoText.logDate(context.now)) Serving request: \(request.path)" },
            logsToErrors: true, terminated: ExitStatus(2)
        ) { _, context in
            .sniffed(200, "Hello, world!\nVersion: \(version)\nHostname: \(context.hostname)\n")
        }
    }

    /// paulbouwer/hello-kubernetes.
    static var helloKubernetes: ListedServer {
        ListedServer(
            ports: port(8080), banner: { _, port in ["listening on port \(port)"] },
            accessLine: { request, response, context in
                "\(request.peer?.address.description ?? "-") - - [\(WebLog.date(context.now))] "
                    + "\"\(request.method) \(request.target) HTTP/1.1\" \(response.status) \(response.body.count)"
            }
        ) { request, context in
            guard request.path == "/" else { return WebResponse(404, text: "Cannot GET \(request.path.htmlEscaped)") }
            let message = (context.process.variable("MESSAGE") ?? "Hello world!").htmlEscaped
            let node = (context.process.variable("KUBERNETES_NODE_NAME") ?? "-").htmlEscaped
            let rows = [("namespace", context.process.world.namespace), ("pod", context.hostname), ("node", node)]
            let table = rows.map { "      <tr><th>\($0.0):</th><td>\($0.1)</td></tr>\n" }.joined()
            return WebResponse(
                200,
                text: "<!DOCTYPE html>\n<html>\n<head>\n  <title>Hello Kubernetes!</title>\n</head>\n<body>\n"
                    + "  <div class=\"main\">\n    <div class=\"content\">\n      <div id=\"message\">\n  "
                    + "\(message)\n</div>\n"
                    + "      <table>\n\(table)      </table>\n    </div>\n  </div>\n</body>\n</html>\n",
                type: "text/html; charset=utf-8")
        }
    }

    /// registry.k8s.io/hpa-example: the work of a request shows in the simulated usage, not here.
    static var loadExample: HttpdServer {
        HttpdServer(
            version: "2.4.10", root: "/var/www/html", commandLine: "apache2 -D FOREGROUND", system: "Debian",
            page: { _, _ in WebResponse(200, text: "OK!", type: "text/html; charset=UTF-8") })
    }

    /// gcr.io/google-samples/gb-frontend: its store is the redis behind the Services of the tutorial.
    static var guestbookFrontend: HttpdServer {
        HttpdServer(
            version: "2.4.10", root: "/var/www/html", commandLine: "apache2 -D FOREGROUND", system: "Debian",
            page: { request, process in
                switch request.path {
                case "/", "/index.html":
                    return WebResponse(
                        200,
                        text: "<html ng-app=\"redis\">\n  <head>\n    <title>Guestbook</title>\n  </head>\n"
                            + "  <body ng-controller=\"RedisCtrl\">\n    <div style=\"width: 50%; margin-left: "
                            + "20px\">\n"
                            + "      <h2>Guestbook</h2>\n    </div>\n  </body>\n</html>\n", type: "text/html")
                case "/guestbook.php": return await guestbook(request, process)
                default: return nil
                }
            })
    }

    private static func guestbook(_ request: WebRequest, _ process: Process) async -> WebResponse {
        let key = request.parameter("key") ?? ""
        let isWrite = request.parameter("cmd") == "set"
        let words = isWrite ? ["SET", key, request.parameter("value") ?? ""] : ["GET", key]
        let hosts = isWrite ? ["redis-leader", "redis-master"] : ["redis-follower", "redis-slave"]
        for host in hosts {
            // The next name is tried: the tutorial has had two of each.
            guard case .success(let reply) = await RedisClient.call(words, host: host, port: 6379, process) else {
                continue
            }
            let body =
                isWrite ? OrderedJSON.text([("message", "Updated")]) : OrderedJSON.text([("data", .string(reply.text))])
            return WebResponse(200, text: body, type: "application/json")
        }
        return WebResponse(500, text: "", type: "text/html")
    }

    /// nginxdemos/hello:plain-text, and with HTML around it.
    static func nginxHello(isPlain: Bool) -> ListedServer {
        ListedServer(
            ports: { _ in [80] },
            accessLine: { request, response, context in
                WebLog.combined(request, response, context.now, showsForwarded: true)
            },
            terminated: .success
        ) { request, context in
            let address = request.local?.description ?? ""
            let rows = [
                ("Server address", address), ("Server name", context.hostname),
                ("Date", WebLog.date(context.now)), ("URI", request.target),
                (
                    "Request ID",
                    SHA256.hash(Array("\(context.hostname) \(context.count)".utf8)).prefix(16).map { byte in
                        String(String(256 + Int(byte), radix: 16).dropFirst())
                    }.joined()
                ),
            ]
            if isPlain {
                return WebResponse(200, text: rows.map { "\($0.0): \($0.1)\n" }.joined(), type: "text/plain")
            }
            let lines = rows.map { "<p><span>\($0.0):</span> <span>\($0.1.htmlEscaped)</span></p>\n" }.joined()
            return WebResponse(
                200,
                text:
                    "<!DOCTYPE html>\n<html>\n<head>\n<title>Hello World</title>\n</head>\n<body>\n"
                    + "\(lines)</body>\n</html>\n",
                type: "text/html")
        }
    }

    /// registry.k8s.io/e2e-test-images/resource-consumer: what it consumes shows in the simulated usage, not here.
    static var resourceConsumer: ListedServer {
        ListedServer(ports: { _ in [8080] }, terminated: ExitStatus(2)) { request, _ in
            if request.path == "/metrics" { return WebResponse(200, text: "", type: "text/plain; version=0.0.4") }
            guard ["/ConsumeCPU", "/ConsumeMem", "/BumpMetric"].contains(request.path) else {
                return .sniffed(404, "Unknown function\n")
            }
            guard request.method == "POST" else { return .sniffed(405, "Incorrect function\n") }
            let form = WebRequest("GET", "/?" + String(decoding: request.body, as: UTF8.self))
            func value(_ name: String) -> String? { request.parameter(name) ?? form.parameter(name) }
            let amount =
                ["/ConsumeCPU": "millicores", "/ConsumeMem": "megabytes", "/BumpMetric": "delta"][request.path] ?? ""
            guard let text = value(amount), Double(text) != nil, let seconds = value("durationSec") else {
                return .sniffed(400, "not given \(amount)\n")
            }
            return .sniffed(200, "\(request.path.dropFirst())\n\(text) \(amount)\n\(seconds) durationSec\n")
        }
    }
}
