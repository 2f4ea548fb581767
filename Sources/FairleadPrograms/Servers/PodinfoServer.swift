import FairleadContainers
import FairleadModel
import Synchronization

/// stefanprodan/podinfo.
struct PodinfoServer: Program {
    static let version = "6.9.2"

    private final class Health: Sendable {
        let isReady = Mutex(true)
        let isHealthy = Mutex(true)
    }

    private static var options: CommandFlags.Known {
        var known = CommandFlags.Known()
        known.values = ["port": "9898", "port-metrics": "9797", "grpc-port": "9999", "grpc-service-name": "podinfo"]
        for name in [
            "level", "backend-url", "cache-server", "random-delay-min", "random-delay-max", "host", "ui-message",
        ] {
            known.values[name] = ""
        }
        known.numbers = ["port", "port-metrics", "grpc-port"]
        known.booleans = [
            "random-delay": false, "random-error": false, "h2c": false, "unhealthy": false, "unready": false,
        ]
        return known
    }

    func run(_ process: Process) async -> ExitStatus {
        let flags: CommandFlags
        do throws(CommandFlags.UsageError) {
            flags = try CommandFlags(process.arguments.dropFirst().drop { $0 == "./podinfo" }, Self.options)
        } catch {
            await process.complain("Error: \(error.message)")
            return ExitStatus(2)
        }
        let health = Health()
        health.isHealthy.withLock { $0 = !flags.flag("unhealthy") }
        health.isReady.withLock { $0 = !flags.flag("unready") }
        let exit = ExitRequest()
        let message =
            flags.text("ui-message").isEmpty ? process.variable("PODINFO_UI_MESSAGE") : flags.text("ui-message")
        var ports = OpenPorts()
        defer { ports.close() }
        func log(_ text: String, _ more: [(String, Value)]) async {
            let time = String(process.world.now().rfc3339Micro.dropLast(4)) + "Z"
            await process.complain(
                OrderedJSON.text(
                    [
                        ("level", "info"), ("ts", .string(time)), ("caller", "podinfo/main.go:153"),
                        ("msg", .string(text)),
                    ] + more))
        }
        await log(
            "Starting podinfo",
            [("version", .string(Self.version)), ("revision", "b3396ad"), ("port", .string(flags.text("port")))])
        do throws(NetworkError) {
            if let port = flags.port("port") {
                try ports.serveWeb(process, port: port) { request in
                    if request.path == "/panic" { exit.exit(ExitStatus(255)) }
                    return await Self.respond(
                        request, process, health, message ?? "greetings from podinfo v\(Self.version)")
                }
            }
            if let port = flags.port("port-metrics") {
                try ports.serveWeb(process, port: port) { request in
                    request.path == "/metrics"
                        ? WebResponse(200, text: "", type: "text/plain; version=0.0.4") : .sniffed(200, "OK")
                }
            }
            if let port = flags.port("grpc-port"), port != 0 {
                let name = flags.text("grpc-service-name")
                try ports.serveWeb(process, port: port) { request in
                    HealthCheck.respond(to: request) { $0.isEmpty || $0 == name ? .serving : nil }
                }
            }
        } catch {
            await log("HTTP server crashed: \(error.goDescription)", [])
            return ExitStatus(255)
        }
        switch await exit.wait(process) {
        case .exit(let status): return status
        case .signal:
            health.isReady.withLock { $0 = false }
            await log("Shutting down HTTP/HTTPS server", [("timeout", 5)])
            return .success
        case .cancelled: return .killed
        }
    }

    private static func respond(
        _ request: WebRequest, _ process: Process, _ health: Health, _ message: String
    ) async -> WebResponse {
        let parts = request.path.split(separator: "/").map(String.init)
        let ok = OrderedJSON.indented([("status", "OK")])
        switch parts.first ?? "" {
        case "", "api":
            return .json(200, OrderedJSON.indented(information(process, message)))
        case "version": return .json(200, OrderedJSON.indented([("commit", "b3396ad"), ("version", .string(version))]))
        case "healthz": return health.isHealthy.withLock { $0 } ? .json(200, ok) : WebResponse(503)
        case "readyz":
            if parts.count > 1 {
                health.isReady.withLock { $0 = parts[1] == "enable" }
                return .json(202, OrderedJSON.indented([("status", "OK")]))
            }
            return health.isReady.withLock { $0 } ? .json(200, ok) : WebResponse(503)
        case "env":
            return .json(200, Value.array(process.environment.map { .string("\($0.name)=\($0.value)") }).jsonText)
        case "headers":
            let headers = request.headers.map { ($0.name, Value.array([.string($0.value)])) }
            return .json(200, OrderedJSON.indented(headers))
        case "echo": return .json(202, String(decoding: request.body, as: UTF8.self))
        case "delay":
            let seconds = parts.count > 1 ? Int(parts[1]) ?? 1 : 1
            _ = await process.sleep(for: .seconds(saturating: min(max(0, Double(seconds)), 3600)))
            return .json(200, OrderedJSON.indented([("delay", .int(Int64(seconds)))]))
        case "status":
            let status = parts.count > 1 ? Int(parts[1]) ?? 200 : 200
            guard (200...599).contains(status) else { return .sniffed(400, "invalid status\n") }
            return .json(status, OrderedJSON.indented([("status", .int(Int64(status)))]))
        default: return .goNotFound
        }
    }

    private static func information(_ process: Process, _ message: String) -> [(String, Value)] {
        [
            ("hostname", .string(process.world.hostname)), ("version", .string(version)), ("revision", "b3396ad"),
            ("color", .string(process.variable("PODINFO_UI_COLOR") ?? "#34577c")),
            ("logo", "https://raw.githubusercontent.com/stefanprodan/podinfo/gh-pages/cuddle_clap.gif"),
            ("message", .string(message)), ("goos", "linux"), ("goarch", "amd64"), ("runtime", "go1.25.0"),
            ("num_goroutine", "8"), ("num_cpu", "4"),
        ]
    }
}
