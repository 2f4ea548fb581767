import FairleadContainers

/// Answers every request, connection or datagram with the name of its host.
struct ServeHostnameCommand: AgnhostCommand {
    static let name = "serve-hostname"

    static var options: CommandFlags.Known {
        var known = CommandFlags.Known()
        known.values["port"] = "9376"
        known.numbers = ["port"]
        known.booleans = ["http": true, "tcp": false, "udp": false, "close": false]
        return known
    }

    func run(_ process: Process, _ flags: CommandFlags) async -> ExitStatus {
        let (http, tcp, udp) = (flags.flag("http"), flags.flag("tcp"), flags.flag("udp"))
        if http, tcp || udp {
            await process.goLog("Can't server TCP/UDP mode and HTTP mode at the same time")
            return .failure
        }
        guard http || tcp || udp, let port = flags.port("port") else {
            await process.goLog("No protocols to serve on. Exiting.")
            return .failure
        }
        let host = Array(process.world.hostname.utf8)
        let closes = flags.flag("close")
        var ports = OpenPorts()
        defer { ports.close() }
        do throws(NetworkError) {
            if http {
                try ports.serveWeb(process, port: port) { request in
                    await process.goLog("HTTP request from \(request.peer?.description ?? "")")
                    var response = WebResponse.sniffed(200, process.world.hostname)
                    if closes { response.headers.append(("Connection", "close")) }
                    return response
                }
            }
            if tcp {
                ports.add(
                    try process.world.network.listen(on: port, address: nil) { connection in
                        await process.goLog("TCP request from \(connection.peer)")
                        // Whoever has gone already needs no name.
                        try? await connection.output.write(host)
                        connection.output.end()
                        connection.close()
                    })
            }
            if udp {
                ports.add(
                    try process.world.network.answerDatagrams(on: port, address: nil) { _, from in
                        await process.goLog("UDP request from \(from)")
                        return host
                    })
            }
        } catch {
            return await process.bindFailure(port, error)
        }
        await process.goLog("Serving on port \(port).")
        while let signal = await process.signals.next() {
            guard signal == .terminate else { continue }
            await process.goLog("Received SIGTERM; terminating in 60 seconds")
            return await process.sleep(for: .seconds(60)) ? .success : .killed
        }
        return .killed
    }
}
