import FairleadContainers
import FairleadModel

/// hashicorp/http-echo: one text for everybody.
struct HTTPEchoServer: Program {
    private static let version = "1.0.0"

    private static var options: CommandFlags.Known {
        var known = CommandFlags.Known()
        for name in ["listen", "text", "status-code"] { known.values[name] = "" }
        known.booleans["version"] = false
        return known
    }

    func run(_ process: Process) async -> ExitStatus {
        let flags: CommandFlags
        do throws(CommandFlags.UsageError) {
            // Go's own package takes one dash as two.
            let arguments = process.arguments.dropFirst().map {
                $0.hasPrefix("-") && !$0.hasPrefix("--") ? "-" + $0 : $0
            }
            flags = try CommandFlags(arguments, Self.options)
        } catch {
            await process.complain("flag provided but not defined: \(error.message)")
            return ExitStatus(2)
        }
        if flags.flag("version") {
            await process.complain("http-echo v\(Self.version)")
            return .success
        }
        let text = flags.given.contains("text") ? flags.text("text") : process.variable("ECHO_TEXT") ?? ""
        guard !text.isEmpty else {
            await process.complain("Missing -text option!")
            return ExitStatus(127)
        }
        if let word = flags.words.first {
            await process.complain("Too many arguments: \(word)!")
            return ExitStatus(127)
        }
        let listen = flags.text("listen").isEmpty ? ":5678" : flags.text("listen")
        guard let port = listen.split(separator: ":").last.flatMap({ UInt16($0) }) else {
            await process.goLog("[ERR] server exited with: listen tcp: address \(listen): missing port in address")
            return .failure
        }
        let status = Int(flags.text("status-code")).flatMap { (100...999).contains($0) ? $0 : nil } ?? 200
        return await serve(process, text, port, listen, status)
    }

    private func serve(
        _ process: Process, _ text: String, _ port: UInt16, _ listen: String, _ status: Int
    ) async -> ExitStatus {
        var ports = OpenPorts()
        defer { ports.close() }
        do throws(NetworkError) {
            try ports.serveWeb(process, port: port) { request in
                var response =
                    request.path == "/health"
                    ? WebResponse.json(200, "{\"status\":\"ok\"}") : .sniffed(status, text + "\n")
                response.headers += [("X-App-Name", "http-echo"), ("X-App-Version", Self.version)]
                let now = process.world.now()
                let date = now.rfc3339
                let day = date.prefix(10).map { $0 == "-" ? "/" : String($0) }.joined()
                let agent = request.header("user-agent") ?? ""
                await process.print(
                    "\(day) \(date.dropFirst(11).prefix(8)) \(request.header("host") ?? "") "
                        + "\(request.peer?.description ?? "") \"\(request.method) \(request.target) HTTP/1.1\" "
                        + "\(response.status) \(response.body.count) \"\(agent)\" 0s")
                return response
            }
        } catch {
            await process.goLog("[ERR] server exited with: listen tcp \(listen): bind: \(error.goDescription)")
            return .failure
        }
        await process.goLog("[INFO] server is listening on \(listen)")
        while let signal = await process.signals.next() {
            guard signal == .terminate || signal == .interrupt else { continue }
            await process.goLog(
                "[INFO] received \(signal == .interrupt ? "interrupt" : "terminated"), shutting down...")
            return signal == .interrupt ? ExitStatus(2) : .success
        }
        return .killed
    }
}
