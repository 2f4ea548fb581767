import FairleadContainers
import FairleadModel
import Synchronization

/// Has gRPC's health service, which may be made unwell by a delay or over HTTP.
struct HealthCheckingCommand: AgnhostCommand {
    static let name = "grpc-health-checking"

    static var options: CommandFlags.Known {
        var known = CommandFlags.Known()
        known.values = [
            "port": "5000", "http-port": "8080", "delay-unhealthy-sec": "-1", "service": "", "tls-cert-file": "",
            "tls-private-key-file": "",
        ]
        known.numbers = ["port", "http-port", "delay-unhealthy-sec"]
        return known
    }

    private final class Switch: Sendable {
        let isServing = Mutex(true)
    }

    func run(_ process: Process, _ flags: CommandFlags) async -> ExitStatus {
        guard let port = flags.port("port"), let httpPort = flags.port("http-port") else { return .failure }
        let clock = process.world.clock
        let started = clock.now
        let delay = flags.number("delay-unhealthy-sec")
        let service = flags.text("service")
        let forced = Switch()
        var ports = OpenPorts()
        defer { ports.close() }
        do throws(NetworkError) {
            try ports.serveWeb(process, port: port) { request in
                HealthCheck.respond(to: request) { asked in
                    guard asked == service else { return nil }
                    let isLate = delay >= 0 && clock.now - started > .seconds(saturating: Double(delay))
                    return forced.isServing.withLock { $0 } && !isLate ? .serving : .notServing
                }
            }
        } catch {
            return await process.bindFailure(port, error)
        }
        await process.goLog("gRPC server starting to listen on :\(port)")
        do throws(NetworkError) {
            try ports.serveWeb(process, port: httpPort) { request in
                switch request.path {
                case "/make-serving": forced.isServing.withLock { $0 = true }
                case "/make-not-serving": forced.isServing.withLock { $0 = false }
                default: return .goNotFound
                }
                return .sniffed(200, GoText.duration(clock.now - started))
            }
        } catch {
            return await process.bindFailure(httpPort, error)
        }
        await process.goLog("HTTP server starting to listen on :\(httpPort)")
        return await GoProcess.waitForEnd(process)
    }
}
