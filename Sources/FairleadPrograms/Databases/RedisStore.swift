import FairleadContainers
import FairleadModel
import Synchronization

/// An answer in redis's protocol.
enum RedisReply: Hashable, Sendable {
    case status(String)
    case error(String)
    case number(Int64)
    case text(String?)
    case list([RedisReply])

    /// As it is sent.
    var wire: String {
        switch self {
        case .status(let text): "+\(text)\r\n"
        case .error(let text): "-\(text)\r\n"
        case .number(let number): ":\(number)\r\n"
        case .text(nil): "$-1\r\n"
        case .text(let text?): "$\(text.utf8.count)\r\n\(text)\r\n"
        case .list(let items): "*\(items.count)\r\n" + items.map(\.wire).joined()
        }
    }

    /// The bare text; empty for none.
    var text: String {
        switch self {
        case .status(let text), .error(let text): text
        case .number(let number): String(number)
        case .text(let text): text ?? ""
        case .list(let items): items.map(\.text).joined(separator: "\n")
        }
    }
}

/// Texts, numbers and lists of one redis, at most 16 MiB.
final class RedisStore: Sendable {
    private static let maximumSize = 16 << 20
    private static let maximumKeys = 50_000
    /// What one change may have to copy.
    private static let maximumText = 1 << 20
    private static let maximumItems = 10_000

    private enum Item {
        case text(String)
        case list([String])
    }

    private struct State {
        var items: [String: Item] = [:]
        var deadlines: [String: Duration] = [:]
        var size = 0
    }

    private let state = Mutex(State())
    private let clock: any DelayClock
    private let started: Duration
    let port: UInt16

    init(_ clock: any DelayClock, port: UInt16) {
        self.clock = clock
        self.port = port
        started = clock.now
    }

    func answer(_ words: [String]) -> RedisReply {
        guard let name = words.first?.uppercased() else { return .error("ERR unknown command ''") }
        let rest = Array(words.dropFirst())
        let counts: [String: ClosedRange<Int>] = [
            "GET": 1...1, "SET": 2...6, "INCR": 1...1, "DECR": 1...1, "INCRBY": 2...2, "DEL": 1...1000,
            "EXISTS": 1...1000,
            "APPEND": 2...2, "KEYS": 1...1, "TTL": 1...1, "EXPIRE": 2...2, "RPUSH": 2...1000, "LPUSH": 2...1000,
            "LRANGE": 3...3, "LLEN": 1...1, "LPOP": 1...1, "RPOP": 1...1, "ECHO": 1...1, "SETEX": 3...3, "TYPE": 1...1,
            "MGET": 1...1000,
        ]
        if let count = counts[name], !count.contains(rest.count) {
            return .error("ERR wrong number of arguments for '\(name.lowercased())' command")
        }
        switch name {
        case "PING": return rest.isEmpty ? .status("PONG") : .text(rest[0])
        case "ECHO": return .text(rest[0])
        case "INFO": return .text(information)
        case "SELECT", "AUTH", "FLUSHALL", "FLUSHDB", "SAVE", "CLIENT", "REPLICAOF", "SLAVEOF":
            if name.hasPrefix("FLUSH") { state.withLock { $0 = State() } }
            return .status("OK")
        case "COMMAND": return .list([])
        case "HELLO": return .error("NOPROTO unsupported protocol version")
        case "ROLE": return .list([.text("master"), .number(0), .list([])])
        case "CONFIG": return .list(rest.count > 1 ? [.text(rest[1]), .text("")] : [])
        case "TIME":
            let seconds = (clock.now - started).components.seconds
            return .list([.text(String(seconds)), .text("0")])
        case "DBSIZE": return .number(state.withLock { Int64($0.items.count) })
        default:
            let now = clock.now
            return state.withLock { Self.keyed(name, rest, now, &$0) }
                ?? .error(
                    "ERR unknown command '\(words[0])', with args beginning with: "
                        + "\(rest.prefix(3).map { "'\($0)' " }.joined())"
                )
        }
    }

    private static func keyed(_ name: String, _ rest: [String], _ now: Duration, _ state: inout State) -> RedisReply? {
        for key in rest.prefix(1) {
            if let deadline = state.deadlines[key], deadline <= now { remove(key, &state) }
        }
        let wrongType = RedisReply.error("WRONGTYPE Operation against a key holding the wrong kind of value")
        func text(_ key: String) -> String?? {
            switch state.items[key] {
            case .text(let text): .some(text)
            case .list: nil
            case nil: .some(nil)
            }
        }
        switch name {
        case "GET":
            guard let found = text(rest[0]) else { return wrongType }
            return .text(found)
        case "MGET": return .list(rest.map { .text(text($0) ?? nil) })
        case "SET", "SETEX":
            let value = name == "SET" ? rest[1] : rest[2]
            if name == "SET", rest.contains(where: { $0.uppercased() == "NX" }), state.items[rest[0]] != nil {
                return .text(nil)
            }
            guard put(rest[0], .text(value), &state) else { return full }
            state.deadlines[rest[0]] = nil
            let limit =
                name == "SETEX" ? Int(rest[1]) : rest.count > 3 && rest[2].uppercased() == "EX" ? Int(rest[3]) : nil
            if let limit { state.deadlines[rest[0]] = now + .seconds(max(0, min(limit, 1 << 31))) }
            return .status("OK")
        case "INCR", "DECR", "INCRBY":
            let step = name == "INCR" ? 1 : name == "DECR" ? -1 : Int64(rest[1])
            guard let found = text(rest[0]) else { return wrongType }
            guard let step, let number = Int64(found ?? "0") else {
                return .error("ERR value is not an integer or out of range")
            }
            let (sum, overflows) = number.addingReportingOverflow(step)
            guard !overflows else { return .error("ERR increment or decrement would overflow") }
            return put(rest[0], .text(String(sum)), &state) ? .number(sum) : full
        case "APPEND":
            guard let found = text(rest[0]) else { return wrongType }
            let joined = (found ?? "") + rest[1]
            return put(rest[0], .text(joined), &state) ? .number(Int64(joined.utf8.count)) : full
        case "DEL":
            return .number(
                Int64(
                    rest.count { key in
                        defer { remove(key, &state) }
                        return state.items[key] != nil
                    }))
        case "EXISTS": return .number(Int64(rest.count { state.items[$0] != nil }))
        case "KEYS":
            let star = rest[0].firstIndex(of: "*")
            let keys = state.items.keys.filter { key in
                guard let star else { return key == rest[0] }
                return key.hasPrefix(rest[0][..<star]) && key.hasSuffix(rest[0][rest[0].index(after: star)...])
            }
            return .list(keys.sorted().map { .text($0) })
        case "TYPE":
            switch state.items[rest[0]] {
            case .text: return .status("string")
            case .list: return .status("list")
            case nil: return .status("none")
            }
        case "TTL":
            guard state.items[rest[0]] != nil else { return .number(-2) }
            return .number(state.deadlines[rest[0]].map { max(0, ($0 - now).components.seconds) } ?? -1)
        case "EXPIRE":
            guard state.items[rest[0]] != nil, let limit = Int(rest[1]) else { return .number(0) }
            state.deadlines[rest[0]] = now + .seconds(max(0, min(limit, 1 << 31)))
            return .number(1)
        case "RPUSH", "LPUSH", "LRANGE", "LLEN", "LPOP", "RPOP": return listed(name, rest, &state) ?? wrongType
        default: return nil
        }
    }

    private static let full = RedisReply.error("OOM command not allowed when used memory > 'maxmemory'.")

    private static func listed(_ name: String, _ rest: [String], _ state: inout State) -> RedisReply? {
        var items: [String]
        switch state.items[rest[0]] {
        case .list(let present): items = present
        case nil: items = []
        case .text: return nil
        }
        switch name {
        case "RPUSH", "LPUSH":
            if name == "RPUSH" { items += rest.dropFirst() } else { items = rest.dropFirst().reversed() + items }
            return put(rest[0], .list(items), &state) ? .number(Int64(items.count)) : full
        case "LLEN": return .number(Int64(items.count))
        case "LRANGE":
            guard let from = Int(rest[1]), let to = Int(rest[2]) else {
                return .error("ERR value is not an integer or out of range")
            }
            let start = max(0, from < 0 ? items.count +| from : from)
            let end = min(items.count -| 1, to < 0 ? items.count +| to : to)
            return .list(start <= end ? items[start...end].map { .text($0) } : [])
        default:
            guard !items.isEmpty else { return .text(nil) }
            let item = name == "LPOP" ? items.removeFirst() : items.removeLast()
            if items.isEmpty { remove(rest[0], &state) } else { _ = put(rest[0], .list(items), &state) }
            return .text(item)
        }
    }

    private static func size(_ key: String, _ item: Item?) -> Int {
        switch item {
        case .text(let text): key.utf8.count + text.utf8.count + 64
        case .list(let items): items.reduce(key.utf8.count + 64) { $0 + $1.utf8.count + 16 }
        case nil: 0
        }
    }

    private static func put(_ key: String, _ item: Item, _ state: inout State) -> Bool {
        let size = state.size - size(key, state.items[key]) + size(key, item)
        guard size <= maximumSize, state.items[key] != nil || state.items.count < maximumKeys else { return false }
        switch item {
        case .text(let text): guard text.utf8.count <= maximumText else { return false }
        case .list(let items): guard items.count <= maximumItems else { return false }
        }
        state.size = size
        state.items[key] = item
        return true
    }

    private static func remove(_ key: String, _ state: inout State) {
        state.size -= size(key, state.items[key])
        state.items[key] = nil
        state.deadlines[key] = nil
    }

    private var information: String {
        let keys = state.withLock { $0.items.count }
        let uptime = (clock.now - started).components.seconds
        let lines = [
            "# Server", "redis_version:\(RedisServer.version)", "redis_mode:standalone",
            "os:Linux 6.1.0-32-amd64 x86_64",
            "process_id:1", "tcp_port:\(port)", "uptime_in_seconds:\(uptime)", "", "# Clients", "connected_clients:1",
            "",
            "# Memory", "used_memory:1048576", "used_memory_human:1.00M", "", "# Replication", "role:master",
            "connected_slaves:0", "", "# Keyspace", keys > 0 ? "db0:keys=\(keys),expires=0,avg_ttl=0" : "",
        ]
        return lines.joined(separator: "\r\n")
    }
}
