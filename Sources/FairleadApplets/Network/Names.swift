import FairleadContainers
import FairleadModel

extension Applets {
    static let names: [String: Applet] = [
        "dig": Dig.applet, "nslookup": Applet { try await nslookup($0, asBind: false) }, "host": Applet(host),
        "getent": Applet(getent),
    ]

    /// - Parameter asBind: whether it is the one of bind's tools, not busybox's: they differ in what they print.
    static func nslookup(_ process: Process, asBind: Bool) async throws -> Int32 {
        var types: [String] = []
        var operands: [String] = []
        for word in process.words {
            let option = word.lowercased()
            if option.hasPrefix("-type=") || option.hasPrefix("-querytype=") || option.hasPrefix("-q=") {
                types.append(String(word.drop { $0 != "=" }.dropFirst()).uppercased())
            } else if !word.hasPrefix("-") {
                operands.append(word)
            }
        }
        guard let name = operands.first else {
            throw AppletFailure("usage: nslookup [-type=QUERY_TYPE] HOST [DNS_SERVER]")
        }
        let resolver = HostResolver(process.world)
        let configuration = resolver.configuration
        var server = configuration.servers.first
        if operands.count > 1 { server = try? await resolver.addresses(of: operands[1]).first }  // Said just below.
        guard let server else {
            if operands.count > 1 { throw AppletFailure("can't resolve '\(operands[1])'") }
            try await process.put(";; connection timed out; no servers could be reached\n")
            return 1
        }
        let pair = server.isIPv4 ? "\(server):53" : "[\(server)]:53"
        try await process.put("Server:\t\t\(server)\nAddress:\t\(asBind ? "\(server)#53" : pair)\n")
        var (question, isReverse) = (name, false)
        if let literal = IPAddress(name) {
            (question, isReverse) = (Dig.reverseName(literal), true)
        }
        if types.isEmpty { types = isReverse ? ["PTR"] : ["A", "AAAA"] }
        let candidates = isReverse ? [question] : HostResolver.candidates(for: name, configuration)
        var status = "NXDOMAIN"
        for candidate in candidates {
            var lines: [String] = []
            for type in types {
                let reply: NameReply
                do {
                    reply = try await process.world.network.ask(
                        NameQuestion(candidate, type), server: NetworkAddress(server, 53), overTCP: false,
                        within: .seconds(5))
                } catch {
                    if Task.isCancelled { return 137 }
                    try await process.put(";; connection timed out; no servers could be reached\n")
                    return 1
                }
                if reply.status != "NOERROR" { status = reply.status }
                let answers = nslookupLines(reply, asBind: asBind)
                if !answers.isEmpty { lines.append(answers) }
                if reply.status == "NOERROR", reply.answers.isEmpty, types.count == 1 {
                    lines.append("*** Can't find \(candidate): No answer\n")
                }
            }
            guard !lines.isEmpty else { continue }
            // Busybox's has an empty line between the answers to two questions.
            try await process.put(lines.joined(separator: asBind ? "" : "\n"))
            return 0
        }
        try await process.put("** server can't find \(question): \(status)\n")
        return 1
    }

    private static func nslookupLines(_ reply: NameReply, asBind: Bool) -> String {
        func bare(_ name: String) -> String { name.hasSuffix(".") ? String(name.dropLast()) : name }
        // Bind's writes the names in answers with their dots.
        func target(_ name: String) -> String { asBind ? name : bare(name) }
        return reply.answers.map { answer in
            switch answer.type {
            case "A", "AAAA": "Name:\t\(bare(answer.name))\nAddress: \(answer.data)\n"
            case "CNAME": "\(bare(answer.name))\tcanonical name = \(target(answer.data))\n"
            case "PTR": "\(bare(answer.name))\tname = \(target(answer.data))\n"
            case "SRV": "\(bare(answer.name))\tservice = \(answer.data)\n"
            case "TXT": "\(bare(answer.name))\ttext = \(answer.data)\n"
            default: "\(bare(answer.name))\t\(answer.type) = \(answer.data)\n"
            }
        }.joined()
    }

    private static func host(_ process: Process) async throws -> Int32 {
        let options = try AppletOptions(process.words, "t:aTvW:")
        guard let name = options.operands.first else { throw AppletFailure("usage: host [-t TYPE] NAME") }
        let resolver = HostResolver(process.world)
        let literal = IPAddress(name)
        let types = options.value("t").map { [$0.uppercased()] } ?? (literal == nil ? ["A", "AAAA"] : ["PTR"])
        let configuration = resolver.configuration
        var status = "NXDOMAIN"
        for candidate in literal.map({ [Dig.reverseName($0)] }) ?? HostResolver.candidates(for: name, configuration) {
            var found = false
            for type in types {
                let reply: NameReply
                do {
                    reply = try await resolver.ask(NameQuestion(candidate, type), configuration, within: .seconds(5))
                } catch {
                    try await process.put(";; connection timed out; no servers could be reached")
                    return 1
                }
                if reply.status != "NOERROR" { status = reply.status }
                for answer in reply.answers {
                    found = true
                    let owner = answer.name.hasSuffix(".") ? String(answer.name.dropLast()) : answer.name
                    let verb =
                        switch answer.type {
                        case "A": "has address"
                        case "AAAA": "has IPv6 address"
                        case "CNAME": "is an alias for"
                        case "PTR": "domain name pointer"
                        default: "has \(answer.type) record"
                        }
                    try await process.put("\(owner) \(verb) \(answer.data)")
                }
            }
            if found { return 0 }
        }
        let code = status == "NXDOMAIN" ? "3" : "2"
        try await process.put("Host \(name) not found: \(code)(\(status))")
        return 1
    }

    private static func getent(_ process: Process) async throws -> Int32 {
        let words = process.words.filter { !$0.hasPrefix("-") }
        guard let database = words.first else { throw AppletFailure("wrong number of arguments") }
        let keys = Array(words.dropFirst())
        switch database {
        case "hosts", "ahosts", "ahostsv4", "ahostsv6":
            var status: Int32 = 0
            for key in keys {
                let local = HostsFile(process).entries(of: key)
                for (address, names) in local {
                    try await process.put("\(Columns.left(address, 15)) \(names.joined(separator: " "))")
                }
                if !local.isEmpty { continue }
                do {
                    for address in try await HostResolver(process.world).addresses(of: key) {
                        if database == "ahostsv4", !address.isIPv4 { continue }
                        try await process.put("\(Columns.left(address.description, 15)) \(key)")
                    }
                } catch {
                    if Task.isCancelled { return 137 }
                    status = 2
                }
            }
            return status
        case "passwd", "group":
            let text = String(decoding: try process.read("/etc/\(database)"), as: UTF8.self)
            var status: Int32 = 0
            let lines = text.split(separator: "\n")
            for key in keys {
                let found = lines.first { line in
                    let fields = line.split(separator: ":", omittingEmptySubsequences: false)
                    return fields.first.map(String.init) == key || fields.count > 2 && fields[2] == key
                }
                if let found { try await process.put(String(found)) } else { status = 2 }
            }
            if keys.isEmpty { for line in lines { try await process.put(String(line)) } }
            return status
        default: throw AppletFailure("unknown database: \(database)", status: 1)
        }
    }
}
