import ArgumentParser
import FairleadDNS
import FairleadServer

/// `fairlead dns`: what pods see of the cluster DNS.
struct DNSCommand: AsyncParsableCommand {
    static let configuration = CommandConfiguration(
        commandName: "dns", abstract: "Look at the cluster DNS as a pod sees it.", subcommands: [Lookup.self])

    struct Lookup: AsyncParsableCommand {
        static let configuration = CommandConfiguration(
            commandName: "lookup",
            abstract: "Show every question that a pod's lookup of a name sends, and each answer.")

        @Argument(help: "The name, as a program in the pod would write it.")
        var name: String

        @Option(name: .long, help: "The pod that looks it up: NAMESPACE/POD.")
        var from: String

        @OptionGroup var options: ServerOptions

        @Option(name: .long, help: "Address and port of the cluster DNS. (default: what the server says)")
        var dns: String?

        @Option(name: .long, help: "Type of the records; may be repeated. (default: A and AAAA)")
        var type: [String] = []

        func validate() throws {
            _ = try (pod(), types())
            if let dns, DNSAddress(dns, defaultPort: 53) == nil {
                throw ValidationError("--dns \(dns): an address and a port are wanted, as in 127.0.0.1:10053")
            }
        }

        func run() async throws {
            let text = try await resolvConf()
            let configuration = ResolverConfiguration(text: text)
            let address =
                dns.flatMap { DNSAddress($0, defaultPort: 53) }
                ?? ClusterNameserver(text).flatMap { DNSAddress($0.answersAt) }
            let types = try types()
            let cluster = ClusterNameserver(text)
            let lookup = StubLookup(
                configuration, types: types.isEmpty ? [.a, .aaaa] : types
            ) { server in
                server == cluster?.address ? address : DNSAddress(server, defaultPort: 53)
            }
            let steps = await lookup.run(name)
            StandardStream.output.write(configuration.text + "\n" + LookupReport(steps: steps).text)
            if !steps.contains(where: { !$0.records.isEmpty }) { throw ExitCode.failure }
        }

        /// The pod's namespace and name.
        private func pod() throws -> (Substring, Substring) {
            let parts = from.split(separator: "/")
            guard parts.count == 2 else {
                throw ValidationError("--from \(from): NAMESPACE/POD is wanted, as in default/web-7957885594-6q559")
            }
            return (parts[0], parts[1])
        }

        private func types() throws -> [RecordType] {
            try type.map { word in
                guard let type = RecordType(word) else {
                    throw ValidationError("--type \(word): a type of records is wanted, as in A, AAAA or SRV")
                }
                return type
            }
        }

        private func resolvConf() async throws -> String {
            let (namespace, pod) = try pod()
            let answer = try await options.get("/debug/resolvconf/\(namespace)/\(pod)")
            guard answer.status == 200 else {
                throw failure(answer.body.isEmpty ? "no such page" : answer.body.trimmed)
            }
            return answer.body
        }
    }
}

extension String {
    fileprivate var trimmed: String { hasSuffix("\n") ? String(dropLast()) : self }
}

/// The line of the server's page that says where the cluster's nameserver can be reached from this machine.
private struct ClusterNameserver {
    let address: String
    let answersAt: String

    init?(_ text: String) {
        let words = text.split(separator: "\n").first?.split(separator: " ").map(String.init) ?? []
        guard words.count == 5, words[0] == "#", words[2] == "answers" else { return nil }
        address = words[1]
        answersAt = words[4]
    }
}

/// The steps of a lookup as a table.
private struct LookupReport {
    let steps: [StubLookup.Step]

    var text: String {
        let width = steps.map { $0.question.name.description.count }.max() ?? 0
        var text = ""
        for (number, step) in steps.enumerated() {
            let name = step.question.name.description
            let padding = String(repeating: " ", count: width - name.count)
            let type = step.question.type.description
            text +=
                "\(number + 1)  \(name)\(padding)  \(type)\(type.count < 4 ? String(repeating: " ", count: 4 - type.count) : "")"
            text += "  \(step.transport.rawValue)  \(outcome(step))\(step.isWasted ? "  (wasted)" : "")\n"
        }
        let wasted = steps.count { $0.isWasted }
        text += "\(steps.count) questions"
        return text + (wasted == 0 ? "\n" : ", \(wasted) wasted: a name with a final dot is asked at once\n")
    }

    private func outcome(_ step: StubLookup.Step) -> String {
        guard let answer = step.answer else { return "no answer from \(step.server)" }
        if answer.header.isTruncated { return "TRUNCATED" }
        if !step.records.isEmpty { return step.records.map { "\($0.type) \($0.data)" }.joined(separator: ", ") }
        return answer.responseCode == .noError ? "NODATA" : answer.responseCode.description
    }
}
