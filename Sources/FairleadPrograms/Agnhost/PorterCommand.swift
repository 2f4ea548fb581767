import FairleadContainers
import FairleadModel

/// Serves the values of variables like `SERVE_PORT_80` on the ports that their names end with.
struct PorterCommand: AgnhostCommand {
    static let name = "porter"
    private static let prefixes = ["SERVE_PORT_", "SERVE_TCP_PORT_", "SERVE_UDP_PORT_", "SERVE_TLS_PORT_"]

    static var options: CommandFlags.Known {
        var known = CommandFlags.Known()
        known.booleans["json-response"] = false
        return known
    }

    func run(_ process: Process, _ flags: CommandFlags) async -> ExitStatus {
        let isJSON = flags.flag("json-response")
        var ports = OpenPorts()
        defer { ports.close() }
        for (name, value) in process.environment {
            guard let prefix = Self.prefixes.first(where: name.hasPrefix) else {
                if name.hasPrefix("SERVE_SCTP_PORT_") {
                    await process.goLog("Error from net.Listen(): listen sctp: protocol not supported")
                }
                continue
            }
            guard let port = UInt16(name.dropFirst(prefix.count)) else {
                await process.goLog("Error parsing port number: \(name)")
                continue
            }
            do throws(NetworkError) {
                if prefix == "SERVE_UDP_PORT_" {
                    ports.add(
                        try process.world.network.answerDatagrams(on: port, address: nil) { _, _ in Array(value.utf8) })
                } else {
                    // TLS ends in the network of the simulation: both sides speak plain HTTP here.
                    try ports.serveWeb(process, port: port) { Self.answer($0, value, isJSON: isJSON) }
                }
            } catch {
                await process.goLog("listen tcp :\(port): bind: \(error.goDescription)")
            }
        }
        return await GoProcess.waitForEnd(process)
    }

    private static func answer(_ request: WebRequest, _ value: String, isJSON: Bool) -> WebResponse {
        if !isJSON { return .sniffed(200, value) }
        return .json(200, OrderedJSON.text([("Method", .string(request.method)), ("Body", .string(value))]))
    }
}
