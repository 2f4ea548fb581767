import FairleadContainers

/// Serves all files of the container.
struct TestWebServerCommand: AgnhostCommand {
    static let name = "test-webserver"

    static var options: CommandFlags.Known {
        var known = CommandFlags.Known()
        known.values["port"] = "80"
        known.numbers = ["port"]
        return known
    }

    func run(_ process: Process, _ flags: CommandFlags) async -> ExitStatus {
        guard let port = flags.port("port") else { return .failure }
        let server = GoFileServer(process: process, root: "")
        var ports = OpenPorts()
        defer { ports.close() }
        do throws(NetworkError) {
            try ports.serveWeb(process, port: port) { request in
                var response = server.respond(to: request)
                response.headers += [
                    ("Access-Control-Allow-Origin", "*"), ("Access-Control-Allow-Methods", "GET,HEAD"),
                    ("Cache-Control", "private"),
                ]
                return response
            }
        } catch {
            return await process.bindFailure(port, error)
        }
        return await GoProcess.waitForEnd(process)
    }
}
