import FairleadContainers
import FairleadModel

/// What the two webhooks have in common: a certificate, and `/readyz`.
enum ReviewServer {
    static func run(
        _ process: Process, _ flags: CommandFlags, _ respond: @escaping @Sendable (WebRequest) async -> WebResponse
    ) async -> ExitStatus {
        guard let port = flags.port("port") else { return .failure }
        for option in ["tls-cert-file", "tls-private-key-file"] {
            let path = flags.text(option)
            do throws(FileError) {
                _ = try process.read(path)
            } catch {
                let prefix = GoText.klogPrefix(process.world.now(), "config.go:46", level: "F")
                await process.complain(prefix + "open \(path): \(error.description.lowercased())")
                return ExitStatus(255)
            }
        }
        var ports = OpenPorts()
        defer { ports.close() }
        do throws(NetworkError) {
            // TLS ends in the network of the simulation: both sides speak plain HTTP here.
            try ports.serveWeb(process, port: port) { request in
                request.path == "/readyz" ? .sniffed(200, "ok") : await respond(request)
            }
        } catch {
            return await process.bindFailure(port, error)
        }
        return await GoProcess.waitForEnd(process)
    }
}
