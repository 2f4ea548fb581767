/// The command line: a subcommand, `--name value` pairs, and whatever stands behind `--`.
struct Arguments {
    private(set) var subcommand = ""
    private(set) var command: [String] = []
    private var options: [String: String] = [:]

    init(_ words: [String]) throws(BenchError) {
        var rest = words[...]
        subcommand = rest.popFirst() ?? ""
        while let word = rest.popFirst() {
            if word == "--" {
                command = Array(rest)
                return
            }
            guard word.hasPrefix("--"), let value = rest.popFirst() else {
                throw BenchError("what is \(word)? Options are --name value")
            }
            options[String(word.dropFirst(2))] = value
        }
    }

    func text(_ name: String) throws(BenchError) -> String {
        guard let value = options[name] else { throw BenchError("--\(name) is missing") }
        return value
    }

    func text(_ name: String, default value: String) -> String { options[name] ?? value }

    func number(_ name: String, default value: Int) throws(BenchError) -> Int {
        guard let text = options[name] else { return value }
        guard let number = Int(text), number > 0 else { throw BenchError("--\(name) wants a positive number") }
        return number
    }

    func target() throws(BenchError) -> Target { try Target(url: text("server")) }
}

struct BenchError: Error, CustomStringConvertible {
    let description: String

    init(_ description: String) { self.description = description }
}

/// Where the measured server listens.
struct Target: Sendable {
    let host: String
    let port: Int

    init(host: String, port: Int) {
        self.host = host
        self.port = port
    }

    init(url: String) throws(BenchError) {
        let scheme = "http://"
        guard url.hasPrefix(scheme), let colon = url.lastIndex(of: ":"),
            let port = Int(url[url.index(after: colon)...].prefix { $0 != "/" })
        else { throw BenchError("--server wants http://HOST:PORT") }
        var host = String(url[..<colon].dropFirst(scheme.count))
        if host.hasPrefix("[") { host = String(host.dropFirst().dropLast()) }
        self.init(host: host, port: port)
    }

    var authority: String { host.contains(":") ? "[\(host)]:\(port)" : "\(host):\(port)" }
}
