import FairleadContainers
import FairleadModel

/// Is well for ten seconds.
struct LivenessCommand: AgnhostCommand {
    static let name = "liveness"

    func run(_ process: Process, _ flags: CommandFlags) async -> ExitStatus {
        let clock = process.world.clock
        let started = clock.now
        var ports = OpenPorts()
        defer { ports.close() }
        do throws(NetworkError) {
            try ports.serveWeb(process, port: 8080) { request in
                let running = clock.now - started
                switch request.path {
                case "/started": return .sniffed(200, GoText.duration(running))
                case "/healthz":
                    return running > .seconds(10)
                        ? .sniffed(500, "error: \(running.inSeconds)") : .sniffed(200, "ok")
                case "/redirect":
                    return .redirect(302, to: request.parameter("loc") ?? "", isGet: request.method == "GET")
                default: return .goNotFound
                }
            }
        } catch {
            return await process.bindFailure(8080, error)
        }
        return await GoProcess.waitForEnd(process)
    }
}
