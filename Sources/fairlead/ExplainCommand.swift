import ArgumentParser
import FairleadServer
import Foundation

/// `fairlead explain`: why the cluster does what it does.
struct ExplainCommand: AsyncParsableCommand {
    static let configuration = CommandConfiguration(
        commandName: "explain", abstract: "Explain what the cluster does.", subcommands: [Packet.self, Access.self])

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
            try await ExplainCommand.show("/debug/path", query, options)
        }
    }

    struct Access: AsyncParsableCommand {
        static let configuration = CommandConfiguration(
            commandName: "access",
            abstract: "Show which rule of which role lets a user do something, or what comes nearest.",
            discussion: "As in: fairlead explain access get pods/log -n default --user bob")

        @Argument(help: "A verb, as rules have it: get, list, watch, create, update, patch, delete.")
        var verb: String

        @Argument(help: "A resource (pods, pods/log, deployments.apps), or a path that begins with a slash.")
        var target: String

        @Argument(help: "The name of one object.")
        var name: String?

        @Option(name: .long, help: "The user.")
        var user: String?

        @Option(name: .long, help: "A group of the user; may be repeated.")
        var group: [String] = []

        @Option(name: .shortAndLong, help: "The namespace; without it, the whole cluster.")
        var namespace: String?

        @OptionGroup var options: ServerOptions

        func run() async throws {
            var query = [("verb", verb), (target.hasPrefix("/") ? "path" : "resource", target)]
            if let user { query.append(("user", user)) }
            query += group.map { ("group", $0) }
            if let namespace { query.append(("namespace", namespace)) }
            if let name { query.append(("name", name)) }
            try await ExplainCommand.show("/debug/explain/access", query, options)
        }
    }

    private static func show(_ page: String, _ query: [(String, String)], _ options: ServerOptions) async throws {
        let text = query.map { "\($0.0)=\(escaped($0.1))" }.joined(separator: "&")
        let answer = try await options.get("\(page)?" + text)
        guard answer.status == 200 else {
            throw failure(answer.body.trimmingCharacters(in: .whitespacesAndNewlines))
        }
        StandardStream.output.write(answer.body)
    }

    private static func escaped(_ text: String) -> String {
        text.addingPercentEncoding(withAllowedCharacters: .alphanumerics) ?? ""
    }
}
