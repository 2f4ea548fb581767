import FairleadContainers
import FairleadModel

/// `dig`
struct Dig {
    private var server: IPAddress?
    private var port: UInt16 = 53
    private var type = "A"
    private var name: String?
    private var flags: [String: Bool] = [:]
    private var seconds = 5.0
    private var tries = 3

    static let applet = Applet { process in
        var dig = Dig()
        try await dig.read(process)
        return try await dig.run(process)
    }

    private static let types: Set<String> = ["A", "AAAA", "SRV", "PTR", "CNAME", "TXT", "NS", "SOA", "ANY", "MX"]

    private mutating func read(_ process: Process) async throws {
        var rest = process.words[...]
        while let word = rest.popFirst() {
            if word.hasPrefix("@") {
                let host = String(word.dropFirst())
                do {
                    server = try await HostResolver(process.world).addresses(of: host).first
                } catch {
                    throw AppletFailure("couldn't get address for '\(host)': not found", status: 10)
                }
            } else if word.hasPrefix("+") {
                let option = word.dropFirst()
                if option.hasPrefix("time=") {
                    seconds = Double(option.dropFirst(5)) ?? 5
                } else if option.hasPrefix("tries=") || option.hasPrefix("retry=") {
                    tries = min(10, max(1, Int(option.dropFirst(6)) ?? 3))
                } else if option.hasPrefix("no") {
                    flags[String(option.dropFirst(2))] = false
                    if option == "noall" { for part in Self.parts { flags[part] = false } }
                } else {
                    flags[String(option)] = true
                }
            } else if word == "-p" {
                port = rest.popFirst().flatMap { UInt16($0) } ?? 53
            } else if word == "-t" {
                type = (rest.popFirst() ?? "A").uppercased()
            } else if word == "-x" {
                guard let address = rest.popFirst().flatMap({ IPAddress($0) }) else {
                    throw AppletFailure("invalid IP address")
                }
                name = Self.reverseName(address)
                type = "PTR"
            } else if word == "-q" {
                name = rest.popFirst()
            } else if word.hasPrefix("-") {
                continue
            } else if Self.types.contains(word.uppercased()), name != nil || rest.isEmpty == false {
                type = word.uppercased()
            } else if word.uppercased() != "IN" {
                name = word
            }
        }
    }

    private static let parts = ["comments", "cmd", "question", "answer", "authority", "additional", "stats"]

    /// `1.0.0.10.in-addr.arpa`
    static func reverseName(_ address: IPAddress) -> String {
        if address.isIPv4 {
            return address.description.split(separator: ".").reversed().joined(separator: ".") + ".in-addr.arpa"
        }
        let digits = String(address.bits, radix: 16)
        let padded = String(repeating: "0", count: max(0, 32 - digits.count)) + digits
        return padded.reversed().map { String($0) }.joined(separator: ".") + ".ip6.arpa"
    }

    private func run(_ process: Process) async throws -> Int32 {
        let resolver = HostResolver(process.world)
        let configuration = resolver.configuration
        let servers = server.map { [$0] } ?? configuration.servers
        let name = name ?? "."
        let searches = flags["search"] == true && !name.hasSuffix(".")
        let candidates = searches ? HostResolver.candidates(for: name, configuration) : [name]
        let isShort = flags["short"] == true
        if !isShort, flags["cmd"] != false {
            try await process.put(
                "\n; <<>> DiG 9.18.33 <<>> \(process.words.joined(separator: " "))\n;; global options: +cmd")
        }
        var found: (question: String, reply: NameReply, server: IPAddress)?
        for candidate in candidates {
            guard let (reply, server) = try await ask(process, candidate, servers) else { return 9 }
            found = (candidate, reply, server)
            if reply.status == "NOERROR", !reply.answers.isEmpty { break }
        }
        guard let found else { return 9 }
        if isShort {
            for answer in found.reply.answers { try await process.put(answer.data) }
            return 0
        }
        try await write(found.question, found.reply, found.server, process)
        return 0
    }

    private func ask(
        _ process: Process, _ name: String, _ servers: [IPAddress]
    ) async throws -> (NameReply, IPAddress)? {
        let isTCP = flags["tcp"] == true || flags["vc"] == true
        let plain = name.hasSuffix(".") && name != "." ? String(name.dropLast()) : name
        for server in servers {
            for _ in 0..<tries {
                do {
                    let reply = try await process.world.network.ask(
                        NameQuestion(plain, type), server: NetworkAddress(server, port), overTCP: isTCP,
                        within: .seconds(saturating: seconds))
                    return (reply, server)
                } catch {
                    if Task.isCancelled { throw BrokenPipe() }
                    let reason = error == .timedOut ? "timed out" : error.goDescription
                    try await process.put(";; communications error to \(server)#\(port): \(reason)")
                }
            }
        }
        try await process.put(";; no servers could be reached")
        return nil
    }

    private func write(_ name: String, _ reply: NameReply, _ server: IPAddress, _ process: Process) async throws {
        func shows(_ part: String) -> Bool { flags[part] ?? (flags["all"] != false) }
        let dotted = name.hasSuffix(".") ? name : name + "."
        if shows("comments") {
            let id = Int.random(in: 1...65_535)
            try await process.put(
                """
                ;; Got answer:
                ;; ->>HEADER<<- opcode: QUERY, status: \(reply.status), id: \(id)
                ;; flags: qr aa rd; QUERY: 1, ANSWER: \(reply.answers.count), AUTHORITY: 0, ADDITIONAL: 0

                """)
        }
        if shows("question") {
            if shows("comments") { try await process.put(";; QUESTION SECTION:") }
            try await process.put(";\(Columns.left(dotted, 30))\tIN\t\(type)\n")
        }
        if shows("answer"), !reply.answers.isEmpty {
            if shows("comments") { try await process.put(";; ANSWER SECTION:") }
            for answer in reply.answers {
                let owner = answer.name.utf8.count < 24 ? Columns.left(answer.name, 24) : answer.name + " "
                try await process.put("\(owner)\(answer.seconds)\tIN\t\(answer.type)\t\(answer.data)")
            }
            if shows("comments") { try await process.put("") }
        }
        if shows("stats") {
            let time = CalendarTime(process.world.now()).text("%a %b %d %H:%M:%S UTC %Y")
            let transport = flags["tcp"] == true ? "TCP" : "UDP"
            try await process.put(
                """
                ;; Query time: 0 msec
                ;; SERVER: \(server)#\(port)(\(server)) (\(transport))
                ;; WHEN: \(time)
                ;; MSG SIZE  rcvd: \(40 + reply.answers.count * 28)

                """)
        }
    }
}
