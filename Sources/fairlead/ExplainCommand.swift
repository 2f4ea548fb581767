import ArgumentParser
import FairleadServer
import Foundation

/// `fairlead explain`: why the cluster does what it does.
struct ExplainCommand: AsyncParsableCommand {
    static let configuration = CommandConfiguration(
        commandName: "explain", abstract: "Explain what the cluster does.", subcommands: [Packet.self])

    struct Packet: AsyncParsableCommand {
        static let configuration = CommandConfiguration(
            commandName: "packet",
            abstract: "Show which way a packet would take, which pod would get it, and why.",
            discussion: """
                Everything is decided by the objects on the server as they are now, with the rules of kube-proxy; nothing
                is sent. Where several endpoints are equal, one is chosen at random (--seed makes that repeatable).
                """)

        enum Output: String, ExpressibleByArgument, CaseIterable { case text, json, svg }

        @Option(name: .long, help: "Where the packet starts: pod/NAMESPACE/NAME, node/NAME or outside/ADDRESS.")
        var from: String

        @Option(
            name: .long, help: "Where it goes: a DNS name or an address, and a port: web.default:80, 10.96.0.10:53/udp."
        )
        var to: String

        @Option(
            name: .customLong("if"),
            help: "Suppose a change: pod/NAMESPACE/NAME=NotReady, node/NAME=Down; may be repeated.")
        var changes: [String] = []

        @Option(name: .long, help: "Makes random choices repeatable.")
        var seed: UInt64?

        @Option(name: .shortAndLong, help: "text, json or svg.")
        var output = Output.text

        @OptionGroup var options: ServerOptions

        func run() async throws {
            var query = [("from", from), ("to", to), ("output", output.rawValue)] + changes.map { ("if", $0) }
            if let seed { query.append(("seed", String(seed))) }
            let text = query.map { "\($0.0)=\(Self.escaped($0.1))" }.joined(separator: "&")
            let answer = try await options.get("/debug/path?" + text)
            guard answer.status == 200 else {
                throw failure(answer.body.trimmingCharacters(in: .whitespacesAndNewlines))
            }
            StandardStream.output.write(answer.body)
        }

        private static func escaped(_ text: String) -> String {
            text.addingPercentEncoding(withAllowedCharacters: .alphanumerics) ?? ""
        }
    }
}
