import ArgumentParser

/// Where the measured server listens.
struct Target: Sendable, ExpressibleByArgument {
    let host: String
    let port: Int

    init(host: String, port: Int) {
        self.host = host
        self.port = port
    }

    /// Parses `http://HOST:PORT`.
    init?(argument url: String) {
        let scheme = "http://"
        guard url.hasPrefix(scheme), let colon = url.lastIndex(of: ":"),
            let port = Int(url[url.index(after: colon)...].prefix { $0 != "/" })
        else { return nil }
        var host = String(url[..<colon].dropFirst(scheme.count))
        if host.hasPrefix("[") { host = String(host.dropFirst().dropLast()) }
        self.init(host: host, port: port)
    }

    var authority: String { host.contains(":") ? "[\(host)]:\(port)" : "\(host):\(port)" }
}

/// Why a measurement was not possible.
struct BenchError: Error, CustomStringConvertible {
    let description: String

    init(_ description: String) { self.description = description }
}

/// A positive number.
struct Count: ExpressibleByArgument {
    let value: Int

    init(_ value: Int) { self.value = value }

    init?(argument text: String) {
        guard let value = Int(text), value > 0 else { return nil }
        self.value = value
    }

    var defaultValueDescription: String { String(value) }
}

/// The options that most measurements have in common.
struct ServerOptions: ParsableArguments {
    @Option(name: .customLong("server"), help: ArgumentHelp("The server to measure.", valueName: "http://HOST:PORT"))
    var target: Target
}
