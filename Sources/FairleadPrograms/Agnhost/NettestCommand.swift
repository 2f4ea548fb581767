import FairleadContainers
import FairleadModel
import Synchronization

/// Counts who has written to it. Its search for peers rests.
struct NettestCommand: AgnhostCommand {
    static let name = "nettest"

    static var options: CommandFlags.Known {
        var known = CommandFlags.Known()
        known.values = [
            "port": "8080", "peers": "8", "service": "nettest", "namespace": "default", "delay-shutdown": "0",
        ]
        known.numbers = ["port", "peers", "delay-shutdown"]
        return known
    }

    func run(_ process: Process, _ flags: CommandFlags) async -> ExitStatus {
        guard let port = flags.port("port") else { return .failure }
        let exit = ExitRequest()
        let tally = NettestTally(process, peers: flags.number("peers"))
        var ports = OpenPorts()
        defer { ports.close() }
        do throws(NetworkError) {
            try ports.serveWeb(process, port: port) { request in
                if request.path == "/quit" {
                    exit.exit(.success)
                    return .sniffed(200, "OK")
                }
                return tally.respond(to: request)
            }
        } catch {
            return await process.bindFailure(port, error)
        }
        switch await exit.wait(process, for: [.terminate]) {
        case .exit(let status): return status
        case .cancelled: return .killed
        case .signal:
            await process.goLog("Sleeping \(flags.number("delay-shutdown")) seconds before terminating...")
            let delay = Duration.seconds(saturating: Double(flags.number("delay-shutdown")))
            return await process.sleep(for: delay) ? .success : .killed
        }
    }
}

private final class NettestTally: Sendable {
    private static let maximumSources = 10_000
    private let process: Process
    private let peers: Int
    private let received = Mutex<[String: Int64]>([:])

    init(_ process: Process, peers: Int) {
        self.process = process
        self.peers = peers
    }

    func respond(to request: WebRequest) -> WebResponse {
        switch request.path {
        case "/write": return write(request)
        case "/read":
            let counts = received.withLock { $0 }
            let text = OrderedJSON.indented(
                [
                    ("Hostname", .string(process.world.hostname)), ("Sent", .object([:])),
                    ("Received", .object(Object(counts.map { ($0.key, .int($0.value)) }))), ("Errors", .null),
                    ("Log", .null), ("StillContactingPeers", true),
                ], by: "\t")
            return .sniffed(200, text)
        case "/status": return .sniffed(200, received.withLock { $0.count } >= peers ? "pass" : "running")
        default: return .goNotFound
        }
    }

    private func write(_ request: WebRequest) -> WebResponse {
        do throws(JSON.ParseError) {
            let body = try JSON.parse(request.body).value
            // Go matches the names of members without regard to case.
            let source = body.object?.first { $0.key.lowercased() == "source" }?.value.string ?? ""
            guard source.utf8.count <= 256 else { return .sniffed(500, "Source is too long") }
            received.withLock { received in
                guard received[source] != nil || received.count < Self.maximumSources else { return }
                received[source] = (received[source] ?? 0) +| 1
            }
            return .sniffed(200, OrderedJSON.text([("Hostname", .string(process.world.hostname))]))
        } catch {
            return .sniffed(500, "Error parsing JSON: \(error.message)")
        }
    }
}
