package import FairleadModel

/// Turns names into addresses as the C library of a container does: a literal address, /etc/hosts, then the name servers
/// of /etc/resolv.conf with its search list and `ndots`.
package struct HostResolver: Sendable {
    private let files: ContainerFiles
    private let network: any NetworkStack

    package init(files: ContainerFiles, network: any NetworkStack) {
        self.files = files
        self.network = network
    }

    /// What /etc/resolv.conf says: at most 3 servers and 32 search domains, as the C library takes them.
    package struct Configuration: Sendable, Hashable {
        package var servers: [IPAddress] = []
        package var search: [String] = []
        package var dots = 1

        package init(_ text: String) {
            for line in text.split(separator: "\n").prefix(256) {
                let words = line.split(whereSeparator: { $0 == " " || $0 == "\t" }).map(String.init)
                switch words.first {
                case "nameserver":
                    if servers.count < 3, words.count > 1, let address = IPAddress(words[1]) { servers.append(address) }
                case "search", "domain": search = Array(words.dropFirst().prefix(32))
                case "options":
                    for option in words.dropFirst() where option.hasPrefix("ndots:") {
                        dots = min(15, max(0, Int(option.dropFirst(6)) ?? 1))
                    }
                default: continue
                }
            }
        }
    }

    package var configuration: Configuration {
        // Without the file, nobody is asked.
        Configuration((try? files.text("/etc/resolv.conf")) ?? "")
    }

    /// The addresses that /etc/hosts has for a name, and the other names of its lines.
    package func hosts(_ name: String) -> [IPAddress] {
        let wanted = name.lowercased()
        // Without the file, it names nobody.
        let text = (try? files.text("/etc/hosts")) ?? ""
        return text.split(separator: "\n").prefix(4096).compactMap { line in
            let words = line.prefix { $0 != "#" }.split(whereSeparator: { $0 == " " || $0 == "\t" })
            guard words.dropFirst().contains(where: { $0.lowercased() == wanted }) else { return nil }
            return words.first.flatMap { IPAddress(String($0)) }
        }
    }

    /// The names that are asked for, in their order: with the search list, unless the name ends in a dot.
    package static func candidates(for name: String, _ configuration: Configuration) -> [String] {
        if name.hasSuffix(".") { return [String(name.dropLast())] }
        let searched = configuration.search.map { "\(name).\($0)" }
        let isAbsoluteFirst = name.count { $0 == "." } >= configuration.dots
        return isAbsoluteFirst ? [name] + searched : searched + [name]
    }

    /// At least one address, in the order in which they were found: IPv4 before IPv6.
    ///
    /// - Parameter limit: for each question.
    package func addresses(
        of name: String, within limit: Duration = .seconds(5)
    ) async throws(NetworkError) -> [IPAddress] {
        let bare = name.hasPrefix("[") && name.hasSuffix("]") ? String(name.dropFirst().dropLast()) : name
        if let address = IPAddress(bare) { return [address] }
        let local = hosts(bare)
        if !local.isEmpty { return local }
        if bare == "localhost", let loopback = IPAddress("127.0.0.1") { return [loopback] }
        guard !bare.isEmpty, bare.utf8.count <= 253 else { throw .nameNotFound(name) }
        let configuration = configuration
        guard !configuration.servers.isEmpty else { throw .nameFailure(name) }
        for candidate in Self.candidates(for: bare, configuration) {
            var found: [IPAddress] = []
            for type in ["A", "AAAA"] {
                let reply = try await ask(NameQuestion(candidate, type), configuration, within: limit)
                found += reply.answers.filter { $0.type == type }.compactMap { IPAddress($0.data) }
            }
            if !found.isEmpty { return found }
        }
        throw .nameNotFound(name)
    }

    /// One question to each name server until one answers.
    package func ask(
        _ question: NameQuestion, _ configuration: Configuration, within limit: Duration
    ) async throws(NetworkError) -> NameReply {
        for server in configuration.servers {
            do throws(NetworkError) {
                let reply = try await network.ask(
                    question, server: NetworkAddress(server, 53), overTCP: false, within: limit)
                if reply.status != "SERVFAIL" { return reply }
            } catch {
                if error == .cancelled { throw error }
            }
        }
        throw .nameFailure(question.name)
    }
}
