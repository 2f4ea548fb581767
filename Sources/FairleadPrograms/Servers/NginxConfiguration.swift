import FairleadContainers

/// What the simulation understands of a server's configuration: `listen`, `server_name`, `root`, `index`, `return`,
/// `proxy_pass`, `try_files`, `autoindex`, `alias`, `add_header` and `location`. Other directives are read over.
struct NginxConfiguration: Sendable {
    struct Location: Sendable {
        /// `""`, `=`, `^~`, `~`, `~*`.
        var modifier = ""
        var path = "/"
        var rules = Rules()
    }

    /// What may stand in a server and in a location.
    struct Rules: Sendable {
        var root: String?
        var alias: String?
        var index: [String]?
        /// Status and text or address.
        var answer: (status: Int, text: String)?
        var proxy: String?
        var tries: [String]?
        var listsDirectories: Bool?
        var headers: [String: String] = [:]
        var type: String?
    }

    struct Server: Sendable {
        var ports: [UInt16] = []
        var names: [String] = []
        var rules = Rules()
        var locations: [Location] = []
    }

    /// Why a configuration cannot be used, as nginx says it.
    struct Fault: Error, Hashable { var message: String }

    static let maximumDirectives = 2000
    /// Of one server: each request may be compared with all of them.
    private static let maximumLocations = 200
    private(set) var servers: [Server] = []

    /// - Parameter include: the texts of the files that a pattern of `include` names.
    init(_ text: String, file: String, include: (String) -> [(name: String, text: String)] = { _ in [] }) throws(Fault)
    {
        var reader = Reader(text, file: file)
        let top = try reader.block(isTop: true, depth: 0)
        try collect(top, include, depth: 0)
    }

    private mutating func collect(
        _ directives: [Directive], _ include: (String) -> [(name: String, text: String)], depth: Int
    ) throws(Fault) {
        for directive in directives {
            switch directive.name {
            case "http", "stream": try collect(directive.block, include, depth: depth)
            case "server": servers.append(try Self.server(directive))
            case "include":
                guard depth < 4 else { continue }
                for found in include(directive.words.first ?? "") {
                    var reader = Reader(found.text, file: found.name)
                    try collect(try reader.block(isTop: true, depth: 0), include, depth: depth + 1)
                }
            default: continue
            }
        }
    }

    private static func server(_ directive: Directive) throws(Fault) -> Server {
        var server = Server()
        for inner in directive.block {
            switch inner.name {
            case "listen":
                let text = inner.words.first ?? ""
                let port = text.split(separator: ":").last.flatMap { UInt16($0) } ?? (text.contains(".") ? 80 : nil)
                guard let port else {
                    throw Fault(message: "invalid parameter in \"listen\" directive \"\(text)\" in \(inner.place)")
                }
                if !server.ports.contains(port) { server.ports.append(port) }
            case "server_name": server.names += inner.words
            case "location":
                guard server.locations.count < maximumLocations else { continue }
                var location = Location()
                let words = inner.words
                if words.count > 1 { (location.modifier, location.path) = (words[0], words[1]) }
                if words.count == 1 { location.path = words[0] }
                for rule in inner.block { location.rules.take(rule) }
                server.locations.append(location)
            default: server.rules.take(inner)
            }
        }
        if server.ports.isEmpty { server.ports = [80] }
        return server
    }

    /// The location that a path belongs to: exact, then the longest prefix, unless a pattern matches before that.
    static func location(of path: String, in server: Server) -> Location? {
        if let exact = server.locations.first(where: { $0.modifier == "=" && $0.path == path }) { return exact }
        let prefixes = server.locations.filter { ["", "^~"].contains($0.modifier) && path.hasPrefix($0.path) }
        let longest = prefixes.max { $0.path.utf8.count < $1.path.utf8.count }
        if longest?.modifier == "^~" { return longest }
        let pattern = server.locations.first {
            $0.modifier.hasPrefix("~")
                && SimplePattern($0.path, ignoresCase: $0.modifier == "~*")?.matches(path) == true
        }
        return pattern ?? longest
    }
}
