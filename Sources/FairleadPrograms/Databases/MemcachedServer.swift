import FairleadContainers
import FairleadModel
import Synchronization

/// memcached: set, get, delete, incr and the like over its text protocol.
struct MemcachedServer: Program {
    private static let version = "1.6.39"
    private static let maximumSize = 16 << 20

    private final class Store: Sendable {
        struct State {
            var items: [String: (flags: String, value: [UInt8])] = [:]
            var size = 0
        }

        let state = Mutex(State())
    }

    func run(_ process: Process) async -> ExitStatus {
        var port: UInt16 = 11211
        let arguments = process.arguments
        if let index = arguments.firstIndex(of: "-p"), index + 1 < arguments.count {
            port = UInt16(arguments[index + 1]) ?? port
        }
        let store = Store()
        let listening: any Listening
        do throws(NetworkError) {
            listening = try process.world.network.listen(on: port, address: nil) { await Self.serve($0, store) }
        } catch {
            await process.complain("bind(): \(error)\nfailed to listen on TCP port \(port): \(error)")
            return ExitStatus(71)
        }
        defer { listening.close() }
        while let signal = await process.signals.next() {
            guard signal == .terminate || signal == .interrupt else { continue }
            await process.complain("Signal handled: \(signal == .terminate ? "Terminated" : "Interrupt").")
            return .success
        }
        return .killed
    }

    private static func serve(_ connection: Connection, _ store: Store) async {
        defer { connection.close() }
        var lines = LineReader(connection.input, limit: 4096)
        while let line = await lines.line() {
            let words = line.split(separator: " ").map(String.init)
            var reply = "ERROR\r\n"
            var isQuiet = words.last == "noreply"
            switch words.first {
            case "quit": return
            case "version": reply = "VERSION \(version)\r\n"
            case "stats":
                let count = store.state.withLock { $0.items.count }
                reply = "STAT pid 1\r\nSTAT version \(version)\r\nSTAT curr_items \(count)\r\nEND\r\n"
            case "flush_all":
                store.state.withLock { $0 = Store.State() }
                reply = "OK\r\n"
            case "get", "gets":
                let found = store.state.withLock { state in
                    words.dropFirst().prefix(16).compactMap { key in state.items[key].map { (key, $0) } }
                }
                reply = ""
                for (key, item) in found {
                    reply +=
                        "VALUE \(key) \(item.flags) \(item.value.count)\r\n"
                        + "\(String(decoding: item.value, as: UTF8.self))\r\n"
                }
                reply += "END\r\n"
            case "delete":
                let wasThere = store.state.withLock { state in
                    let old = state.items.removeValue(forKey: words.count > 1 ? words[1] : "")
                    state.size -= old?.value.count ?? 0
                    return old != nil
                }
                reply = wasThere ? "DELETED\r\n" : "NOT_FOUND\r\n"
            case "set", "add", "replace":
                guard words.count >= 5, let count = Int(words[4]), (0...(1 << 20)).contains(count) else {
                    reply = "CLIENT_ERROR bad data chunk\r\n"
                    isQuiet = false
                    break
                }
                guard let value = await lines.bytes(count), await lines.line() == "" else { return }
                reply = store.state.withLock { state in
                    let old = state.items[words[1]]
                    if words[0] == "add", old != nil { return "NOT_STORED\r\n" }
                    if words[0] == "replace", old == nil { return "NOT_STORED\r\n" }
                    let size = state.size - (old?.value.count ?? 0) + count
                    guard size <= maximumSize, state.items.count < 100_000 else {
                        return "SERVER_ERROR out of memory storing object\r\n"
                    }
                    state.size = size
                    state.items[words[1]] = (words[2], value)
                    return "STORED\r\n"
                }
            default: isQuiet = false
            }
            if isQuiet { continue }
            do { try await connection.output.write(reply) } catch { return }
        }
    }
}
