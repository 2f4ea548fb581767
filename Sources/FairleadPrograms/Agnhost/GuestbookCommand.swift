import FairleadContainers
import FairleadModel
import Synchronization

/// A store of texts with replicas, and the page before it.
struct GuestbookCommand: AgnhostCommand {
    static let name = "guestbook"

    static var options: CommandFlags.Known {
        var known = CommandFlags.Known()
        known.values = ["http-port": "80", "backend-port": "6379", "replicaof": "", "slaveof": ""]
        known.numbers = ["http-port", "backend-port"]
        return known
    }

    func run(_ process: Process, _ flags: CommandFlags) async -> ExitStatus {
        guard let port = flags.port("http-port"), let backend = flags.port("backend-port") else { return .failure }
        let book = Guestbook(process, backend: backend)
        let primary = flags.text("replicaof").isEmpty ? flags.text("slaveof") : flags.text("replicaof")
        if !primary.isEmpty, await !book.register(at: primary) {
            await process.goLog("Timed out while registering to primary \(primary). Giving up.")
            return .failure
        }
        var ports = OpenPorts()
        defer { ports.close() }
        do throws(NetworkError) {
            try ports.serveWeb(process, port: port) { await book.respond(to: $0) }
        } catch {
            return await process.bindFailure(port, error)
        }
        return await GoProcess.waitForEnd(process)
    }
}

private final class Guestbook: Sendable {
    private static let maximumSize = 1 << 20
    private static let maximumReplicas = 100

    private struct State {
        var store: [String: String] = [:]
        var size = 0
        var replicas: [String] = []
    }

    private let process: Process
    private let backend: UInt16
    private let state = Mutex(State())

    init(_ process: Process, backend: UInt16) {
        self.process = process
        self.backend = backend
    }

    /// Tells the primary about this replica, and takes what it has; tries for fifteen seconds.
    func register(at primary: String) async -> Bool {
        let address = process.world.network.addresses.first?.description ?? process.world.hostname
        let end = process.world.clock.now + .seconds(15)
        while process.world.clock.now < end {
            await process.goLog("Registering to primary: \(primary)/\(address)")
            let answer = await WebCall.send(
                process, host: primary, port: backend, target: "/register?host=\(address)", within: .seconds(10))
            // What is no JSON has not registered anybody.
            if case .success(let response) = answer, response.status == 200,
                let stored = try? JSON.parse(response.body).value["data"]
            {
                for (key, value) in stored.object ?? [:] { put(key, value.string ?? "") }
                return true
            }
            guard await process.sleep(for: .seconds(1)) else { return false }
        }
        return false
    }

    private func put(_ key: String, _ value: String) {
        state.withLock { state in
            let old = state.store[key].map { $0.utf8.count + key.utf8.count } ?? 0
            let size = state.size - old + key.utf8.count + value.utf8.count
            guard size <= Self.maximumSize else { return }
            state.size = size
            state.store[key] = value
        }
    }

    func respond(to request: WebRequest) async -> WebResponse {
        switch request.path {
        case "/register":
            guard let host = request.parameter("host"), !host.isEmpty else { return .sniffed(400, "Missing host") }
            await process.goLog("GET /register?host=\(host)")
            let store = state.withLock { state in
                if !state.replicas.contains(host), state.replicas.count < Self.maximumReplicas {
                    state.replicas.append(host)
                }
                return state.store
            }
            return Self.data(Value(store))
        case "/get":
            let key = request.parameter("key") ?? ""
            await process.goLog("GET /get?key=\(key)")
            let store = state.withLock { $0.store }
            return Self.data(key.isEmpty ? Value(store) : .string(store[key] ?? ""))
        case "/set": return await set(request)
        case "/guestbook": return await forward(request)
        default:
            // The page, which calls the rest.
            return .sniffed(200, "<html><head><title>Guestbook</title></head><body><h1>Guestbook</h1></body></html>\n")
        }
    }

    private static func data(_ value: Value) -> WebResponse {
        .sniffed(200, Value.object(["data": value]).jsonText)
    }

    private func set(_ request: WebRequest) async -> WebResponse {
        let key = request.parameter("key") ?? ""
        let value = request.parameter("value") ?? ""
        await process.goLog("GET /set?key=\(key)&value=\(value)")
        guard !key.isEmpty else { return .sniffed(400, "cannot set with empty key.\n") }
        put(key, value)
        let target = "/set?key=\(Self.escaped(key))&value=\(Self.escaped(value))"
        for replica in state.withLock({ $0.replicas }) {
            // A replica that does not answer is left as it is.
            _ = await WebCall.send(process, host: replica, port: backend, target: target, within: .seconds(2))
        }
        return .sniffed(200, "{\"message\":\"Updated\"}")
    }

    private func forward(_ request: WebRequest) async -> WebResponse {
        let command = request.parameter("cmd") ?? ""
        let key = request.parameter("key") ?? ""
        let value = request.parameter("value") ?? ""
        await process.goLog("GET /guestbook?cmd=\(command)&key=\(key)&value=\(value)")
        guard command == "get" || command == "set" else {
            return .sniffed(400, "unsupported cmd: \(command.goQuoted)\n")
        }
        let host = command == "get" ? "agnhost-replica" : "agnhost-primary"
        let target = "/\(command)?key=\(Self.escaped(key))&value=\(Self.escaped(value))"
        switch await WebCall.send(process, host: host, port: backend, target: target, within: .seconds(10)) {
        case .success(let response) where response.status == 200: return .sniffed(200, response.text)
        case .success(let response): return .sniffed(417, response.text)
        case .failure(let failure): return .sniffed(417, failure.message)
        }
    }

    private static func escaped(_ text: String) -> String {
        text.utf8.map { byte in
            let isPlain =
                (48...57).contains(byte) || (65...90).contains(byte) || (97...122).contains(byte) || byte == 95
            return isPlain
                ? String(UnicodeScalar(byte)) : "%" + String(256 + Int(byte), radix: 16, uppercase: true).dropFirst()
        }.joined()
    }
}
