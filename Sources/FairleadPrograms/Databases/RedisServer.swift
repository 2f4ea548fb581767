import FairleadContainers
import FairleadModel

/// redis-server: the commands of lessons over redis's protocol.
struct RedisServer: Program {
    static let version = "8.2.1"

    func run(_ process: Process) async -> ExitStatus {
        var port: UInt16 = 6379
        let arguments = process.arguments
        if arguments.contains("--version") || arguments.contains("-v") {
            await process.print("Redis server v=\(Self.version) sha=00000000:1 malloc=jemalloc-5.3.0 bits=64 build=1")
            return .success
        }
        for file in arguments.dropFirst().prefix(1) where !file.hasPrefix("-") {
            do throws(FileError) {
                let text = String(decoding: try process.read(file), as: UTF8.self)
                for line in text.split(separator: "\n").prefix(5000) where line.hasPrefix("port ") {
                    port = UInt16(line.dropFirst(5).filter(\.isNumber)) ?? port
                }
            } catch {
                await process.print(
                    "1:C \(Self.date(process)) # Fatal error, can't open config file '\(file)': \(error)")
                return .failure
            }
        }
        if let index = arguments.firstIndex(of: "--port"), index + 1 < arguments.count {
            port = UInt16(arguments[index + 1]) ?? port
        }
        let store = RedisStore(process.world.clock, port: port)
        var ports = OpenPorts()
        defer { ports.close() }
        await process.print("1:C \(Self.date(process)) * oO0OoO0OoO0Oo Redis is starting oO0OoO0OoO0Oo")
        await process.print(
            "1:C \(Self.date(process)) * Redis version=\(Self.version), bits=64, commit=00000000, modified=1, "
                + "pid=1, just started"
        )
        do throws(NetworkError) {
            ports.add(
                try process.world.network.listen(on: port, address: nil) { connection in
                    await Self.serve(connection, store)
                })
        } catch {
            await process.print(
                "1:M \(Self.date(process)) # Warning: Could not create server TCP listening socket *:\(port): "
                    + "bind: \(error)"
            )
            await process.print("1:M \(Self.date(process)) # Failed listening on port \(port) (tcp), aborting.")
            return .failure
        }
        for text in [
            "Running mode=standalone, port=\(port).", "Server initialized", "Ready to accept connections tcp",
        ] { await process.print("1:M \(Self.date(process)) * \(text)") }
        while let signal = await process.signals.next() {
            guard signal == .terminate || signal == .interrupt else { continue }
            await process.print(
                "1:signal-handler (\(process.world.now().seconds)) Received SIGTERM scheduling shutdown...")
            await process.print("1:M \(Self.date(process)) * User requested shutdown...")
            await process.print("1:M \(Self.date(process)) # Redis is now ready to exit, bye bye...")
            return .success
        }
        return .killed
    }

    /// `29 Nov 2026 03:00:00.000`.
    private static func date(_ process: Process) -> String {
        let now = process.world.now()
        let day = WebLog.date(now).prefix(11).map { $0 == "/" ? " " : String($0) }.joined()
        return "\(day) \(now.rfc3339Micro.dropFirst(11).prefix(12))"
    }

    private static func serve(_ connection: Connection, _ store: RedisStore) async {
        defer { connection.close() }
        var reader = RedisReader(connection.input)
        while !Task.isCancelled {
            do throws(RedisReader.Fault) {
                guard let words = try await reader.command() else { return }
                if words.isEmpty { continue }
                // What a browser sends is taken for an attack.
                if ["POST", "HOST:"].contains(words[0].uppercased()) { return }
                if words[0].uppercased() == "QUIT" {
                    // The client may have gone before.
                    try? await connection.output.write(RedisReply.status("OK").wire)
                    return
                }
                let reply = store.answer(words).wire
                // Whoever has gone is noticed by the next read.
                try? await connection.output.write(reply)
            } catch {
                // The client is about to be disconnected anyway.
                try? await connection.output.write(RedisReply.error("ERR Protocol error: \(error.message)").wire)
                return
            }
        }
    }
}

/// Reads redis's protocol: commands of clients, and the answers of servers.
struct RedisReader {
    struct Fault: Error, Hashable { var message: String }

    private static let maximumText = 1 << 20
    private let source: any ByteSource
    private var buffer: [UInt8] = []
    private var start = 0

    init(_ source: any ByteSource) { self.source = source }

    private mutating func fill() async -> Bool {
        if start > 0 {
            buffer.removeFirst(start)
            start = 0
        }
        guard let more = await source.read(upTo: 65_536) else { return false }
        buffer += more
        return true
    }

    /// A line without its end; nil at the end of the stream.
    private mutating func line() async throws(Fault) -> String? {
        while true {
            if let end = buffer[start...].firstIndex(of: UInt8(ascii: "\n")) {
                var line = buffer[start..<end]
                if line.last == UInt8(ascii: "\r") { line.removeLast() }
                start = end + 1
                return String(decoding: line, as: UTF8.self)
            }
            guard buffer.count - start <= 65_536 else { throw Fault(message: "too big inline request") }
            guard await fill() else { return nil }
        }
    }

    private mutating func text(_ length: Int) async throws(Fault) -> String? {
        guard (0...Self.maximumText).contains(length) else { throw Fault(message: "invalid bulk length") }
        while buffer.count - start < length + 2 { guard await fill() else { return nil } }
        let text = String(decoding: buffer[start..<(start + length)], as: UTF8.self)
        start += length + 2
        return text
    }

    /// The words of a command: a list of texts, or a line; nil at the end.
    mutating func command() async throws(Fault) -> [String]? {
        guard let first = try await line() else { return nil }
        guard first.hasPrefix("*") else { return first.split(separator: " ").map(String.init) }
        guard let count = Int(first.dropFirst()), count <= 1024 else {
            throw Fault(message: "invalid multibulk length")
        }
        var words: [String] = []
        for _ in 0..<max(0, count) {
            guard let head = try await line() else { return nil }
            guard head.hasPrefix("$"), let length = Int(head.dropFirst()) else {
                throw Fault(message: "expected '$', got '\(head.prefix(1))'")
            }
            guard let word = try await text(length) else { return nil }
            words.append(word)
        }
        return words
    }

    /// An answer; nil at the end.
    mutating func reply(depth: Int = 0) async throws(Fault) -> RedisReply? {
        guard let first = try await line() else { return nil }
        let rest = String(first.dropFirst())
        switch first.first {
        case "+": return .status(rest)
        case "-": return .error(rest)
        case ":": return .number(Int64(rest) ?? 0)
        case "$":
            guard let length = Int(rest) else { throw Fault(message: "invalid bulk length") }
            if length < 0 { return .text(nil) }
            guard let text = try await text(length) else { return nil }
            return .text(text)
        case "*":
            guard depth < 4, let count = Int(rest), count <= 100_000 else {
                throw Fault(message: "invalid multibulk length")
            }
            var items: [RedisReply] = []
            for _ in 0..<max(0, count) {
                guard let item = try await reply(depth: depth + 1) else { return nil }
                items.append(item)
            }
            return .list(items)
        default: throw Fault(message: "unexpected byte")
        }
    }
}
