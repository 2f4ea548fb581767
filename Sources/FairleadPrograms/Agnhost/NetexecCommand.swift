import FairleadContainers
import FairleadModel
import Synchronization

/// Serves HTTP and UDP with answers about itself, calls others, runs commands.
struct NetexecCommand: AgnhostCommand {
    static let name = "netexec"

    static var options: CommandFlags.Known {
        var known = CommandFlags.Known()
        known.values = [
            "http-port": "8080", "udp-port": "8081", "sctp-port": "-1", "tls-cert-file": "", "tls-private-key-file": "",
            "http-override": "", "udp-listen-addresses": "", "delay-shutdown": "0",
        ]
        known.numbers = ["http-port", "udp-port", "sctp-port", "delay-shutdown"]
        return known
    }

    func run(_ process: Process, _ flags: CommandFlags) async -> ExitStatus {
        let server = NetexecServer(process, httpPort: flags.number("http-port"))
        var ports = OpenPorts()
        defer { ports.close() }
        // UDP first: /healthz answers for it.
        if let port = flags.port("udp-port") {
            let addresses = flags.text("udp-listen-addresses").split(separator: ",").map { IPAddress(String($0)) }
            for address in addresses.isEmpty ? [nil] : addresses {
                do throws(NetworkError) {
                    ports.add(
                        try process.world.network.answerDatagrams(on: port, address: address) { bytes, from in
                            server.answer(datagram: bytes, from: from, port: port)
                        })
                } catch {
                    return await process.bindFailure(port, error, transport: "udp")
                }
                let shown = address.map(\.description) ?? ""
                await process.goLog("Started UDP server on port \(shown) \(port)")
            }
            server.hasDatagrams()
        }
        if let port = flags.port("sctp-port") {
            await process.goLog("Error from net.Listen(): listen sctp :\(port): protocol not supported")
            return .failure
        }
        if let port = flags.port("http-port") {
            let override = flags.text("http-override")
            do throws(NetworkError) {
                try ports.serveWeb(process, port: port) { request in
                    if override.isEmpty { return await server.respond(to: request) }
                    var request = request
                    request.method = "GET"
                    request.target = override
                    return await server.respond(to: request)
                }
            } catch {
                return await process.bindFailure(port, error)
            }
            await process.goLog("Started HTTP server on port \(port)")
        }
        switch await server.exit.wait(process, for: [.terminate]) {
        case .exit(let status): return status
        case .cancelled: return .killed
        case .signal:
            server.beginShutdown()
            let delay = flags.number("delay-shutdown")
            if delay > 0 {
                await process.goLog("Sleeping \(delay) seconds before terminating...")
                guard await process.sleep(for: .seconds(saturating: Double(delay))) else { return .killed }
            }
            return .success
        }
    }
}

/// What `netexec` answers.
final class NetexecServer: Sendable {
    private struct State {
        var hasDatagrams = false
        var isShuttingDown = false
        var uploads = 0
    }

    private let process: Process
    private let httpPort: Int
    private let started: Duration
    private let state = Mutex(State())
    private let dials = Gauge(limit: 64)
    let exit = ExitRequest()

    init(_ process: Process, httpPort: Int) {
        self.process = process
        self.httpPort = httpPort
        started = process.world.clock.now
    }

    func hasDatagrams() { state.withLock { $0.hasDatagrams = true } }
    func beginShutdown() { state.withLock { $0.isShuttingDown = true } }

    /// Commands are read without regard to case; what is none gets no answer.
    func answer(datagram: [UInt8], from: NetworkAddress, port: UInt16) -> [UInt8]? {
        let text = String(decoding: datagram, as: UTF8.self).lowercased()
        let words = text.split(whereSeparator: \.isWhitespace)
        let command = words.joined(separator: " ")
        if command == "hostname" { return Array(process.world.hostname.utf8) }
        if words.first == "echo" { return Array(command.dropFirst(5).utf8) }
        if command == "clientip" { return Array(from.description.utf8) }
        if command == "serverport" { return Array(String(port).utf8) }
        return nil
    }

    func respond(to request: WebRequest) async -> WebResponse {
        switch request.path {
        case "/hostname", "/hostName": return await said("GET \(request.path)", process.world.hostname)
        case "/clientip": return await said("GET /clientip", request.peer?.description ?? "")
        case "/serverport": return await said("GET /serverport", String(httpPort))
        case "/header": return await header(request)
        case "/echo": return await echo(request)
        case "/dial":
            // A request may lead to further ones of the same kind.
            guard dials.enter() else { return .sniffed(503, "too many dials\n") }
            defer { dials.leave() }
            return await NetexecDial(process).respond(to: request)
        case "/shell": return await shell(request)
        case "/exit": return await leave(request)
        case "/shutdown":
            await process.goLog("GET /shutdown")
            exit.exit(.success)
            return WebResponse(200)
        case "/healthz":
            await process.goLog("GET /healthz")
            return WebResponse(state.withLock { $0.hasDatagrams } ? 200 : 412)
        case "/readyz":
            let (isReady, isEnding) = state.withLock { ($0.hasDatagrams, $0.isShuttingDown) }
            if isEnding { return .sniffed(503, "shutting down") }
            return isReady ? .sniffed(200, "ok") : WebResponse(412)
        case "/redirect": return await redirect(request)
        case "/upload": return await upload(request)
        default:
            await process.goLog("GET /")
            let running = (process.world.clock.now - started).inSeconds
            return .sniffed(200, "NOW: \(GoText.time(process.world.now())) m=+\(running)")
        }
    }

    private func said(_ line: String, _ text: String) async -> WebResponse {
        await process.goLog(line)
        return .sniffed(200, text)
    }

    private func header(_ request: WebRequest) async -> WebResponse {
        if let key = request.parameter("key"), !key.isEmpty {
            return await said("GET /header?key=\(key)", request.header(key) ?? "")
        }
        var lists: [String: [Value]] = [:]
        for (name, value) in request.headers where name.lowercased() != "host" {
            let canonical = name.split(separator: "-", omittingEmptySubsequences: false)
                .map { $0.prefix(1).uppercased() + $0.dropFirst().lowercased() }.joined(separator: "-")
            lists[canonical, default: []].append(.string(value))
        }
        return await said("GET /header", Value.object(Object(lists.map { ($0.key, .array($0.value)) })).jsonText)
    }

    private func echo(_ request: WebRequest) async -> WebResponse {
        let message = request.parameter("msg") ?? ""
        let code = request.parameter("code") ?? ""
        await process.goLog("GET /echo?msg=\(message)&code=\(code)")
        if code.isEmpty { return .sniffed(200, message) }
        guard let status = Int(code) else {
            return .sniffed(200, "argument 'code' must be an integer or empty, got \(code.goQuoted)\n")
        }
        return .sniffed((100...999).contains(status) ? status : 500, message)
    }

    private func shell(_ request: WebRequest) async -> WebResponse {
        let command = request.parameter("shellCommand") ?? request.parameter("cmd") ?? ""
        await process.goLog("GET /shell?cmd=\(command)")
        let (text, status) = await process.runChild(["/bin/sh", "-c", command])
        var members = Object()
        if !text.isEmpty { members["output"] = .string(text) }
        switch status {
        case .success(let status):
            if status.code != 0 { members["error"] = .string("exit status \(status.code)") }
        case .failure: members["error"] = "fork/exec /bin/sh: no such file or directory"
        }
        let map = members.map { "\($0.key):\($0.value.string ?? "")" }.joined(separator: " ")
        await process.goLog("Output: map[\(map)]")
        return .sniffed(200, Value.object(members).jsonText)
    }

    private func leave(_ request: WebRequest) async -> WebResponse {
        let names = ["code", "timeout", "wait"]
        let shown = names.map { "\($0)=\(request.parameter($0) ?? "")" }.joined(separator: "&")
        await process.goLog("GET /exit?\(shown)")
        func duration(_ name: String) -> Duration? {
            // What is no duration counts as none.
            request.parameter(name).flatMap { try? GoDuration.parse($0) }
        }
        if let wait = duration("wait") {
            await process.goLog("Will begin shutdown in \(GoText.duration(wait))")
            guard await process.sleep(for: min(wait, .seconds(86_400))) else { return WebResponse(200) }
        }
        let code = request.parameter("code").flatMap { Int32($0) } ?? 0
        // A process shows eight bits of its code.
        exit.exit(ExitStatus(code & 0xFF))
        return WebResponse(200)
    }

    private func redirect(_ request: WebRequest) async -> WebResponse {
        let location = request.parameter("location") ?? ""
        let code = request.parameter("code") ?? ""
        await process.goLog("\(request.method) /redirect?msg=\(location)&code=\(code)")
        guard let status = code.isEmpty ? 302 : Int(code), (100...999).contains(status) else {
            return .sniffed(200, "argument 'code' must be an integer or empty, got \(code.goQuoted)\n")
        }
        return .redirect(status, to: location, isGet: request.method == "GET" || request.method == "HEAD")
    }

    private func upload(_ request: WebRequest) async -> WebResponse {
        await process.goLog("GET /upload")
        guard let content = MultipartForm.file(named: "file", in: request) else {
            return .json(200, Value.object(["error": "Unable to upload file."]).jsonText)
        }
        let number = state.withLock { state in
            state.uploads += 1
            return state.uploads
        }
        let path = "/uploads/upload\(String(1_000_000_000 + number).dropFirst())"
        do throws(FileError) {
            try process.write(content, to: path)
            return .json(201, Value.object(["output": .string(path)]).jsonText)
        } catch {
            let why = "Unable to open file for write, open \(path): \(error.description.lowercased())"
            return .json(200, Value.object(["error": .string(why)]).jsonText)
        }
    }
}
