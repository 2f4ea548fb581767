import ArgumentParser
import FairleadHTTP
import FairleadLab
import FairleadModel
import FairleadRemote
import FairleadServer
import Foundation
import Logging

/// `fairlead lab up`: builds the lab, and keeps it what the cluster is, until SIGTERM or SIGINT.
struct LabUp: AsyncParsableCommand {
    static let configuration = CommandConfiguration(
        commandName: "up",
        abstract: "Build the lab, and let it follow the cluster until Ctrl-C or `lab down`.",
        discussion: """
            The cluster is that of a server that runs: the one at --server, or that other commands find. If there is none, \
            or if flags for one are given after --, a server is started that ends with the lab, as in

              fairlead lab up -- --data :memory: --nodes 5
            """)

    @OptionGroup var lab: LabOptions
    @OptionGroup var options: ServerOptions

    @Flag(name: .long, help: "Come back when the lab is up, and leave it running.")
    var detach = false

    @Flag(name: .long, help: "Start no `fairlead proxy`, so that another program can be tried in its place.")
    var noProxy = false

    @Option(
        name: .long,
        help: "The ranges of pod addresses, separated by commas. (default: what the nodes' ranges are part of)")
    var clusterCidr: String?

    @Option(name: .long, help: "trace, debug, info, notice, warning, error or critical.")
    var logLevel = "notice"

    @Argument(parsing: .postTerminator, help: "Flags of `fairlead serve`, for a server of the lab's own.")
    var serverFlags: [String] = []

    func validate() throws {
        _ = try (FlagValues.cidrs(clusterCidr ?? "", "--cluster-cidr"), FlagValues.logLevel(logLevel))
        if !serverFlags.isEmpty, options.server != nil {
            throw ValidationError(
                "flags for a server of the lab's own, and --server for another one: leave out one of them")
        }
    }

    func run() async throws {
        #if !os(Linux)
            throw failure("network namespaces are Linux's: there is no lab here")
        #endif
        if geteuid() != 0, !LabOptions.isInside { try enterUserNamespace() }
        if detach { return try await runDetached() }
        Logs.bootstrap(level: try FlagValues.logLevel(logLevel), format: .text, environment: .live)
        var server: OwnServer?
        do {
            if lab.folder.isRunning { throw LabProblem.isRunning(lab.folder) }
            server = try await ownServer()
            let found = try server.map { try FoundServer(ServerURL($0.url)) } ?? options.found()
            try await build(found, isOwn: server != nil, Logger(label: "lab"))
        } catch {
            await server?.end()
            guard error is LabProblem || error is SystemFailure else { throw error }
            throw failure("\(error)")
        }
        await server?.end()
    }

    // MARK: The lab

    private func build(_ found: FoundServer, isOwn: Bool, _ logger: Logger) async throws {
        var settings = try await settings(found)
        if isOwn { settings.serverLog = lab.folder.serverLog }
        let client: RemoteClient
        do {
            client = try RemoteClient(found.server)
        } catch {
            throw failure("\(error)")
        }
        let lab = Lab(client: client, settings: settings, logger: logger)
        let names = self.lab.names
        let signals = EndSignals()
        defer { withExtendedLifetime(signals) {} }
        let told = signals.stream
        let result = await withTaskGroup(of: Result<Void, any Error>?.self) { group in
            group.addTask {
                do {
                    try await lab.run { report in
                        let text = LabText(report, names)
                        StandardStream.output.write(text.text + text.examples)
                    }
                    return .success(())
                } catch {
                    return .failure(error)
                }
            }
            group.addTask {
                for await _ in told { break }
                return nil
            }
            let first = await group.next()
            group.cancelAll()
            var result = first ?? nil
            for await other in group where result == nil { result = other }
            return result
        }
        await client.shutdown()
        if case .failure(let error)? = result { throw error }
    }

    /// What the server says about itself and its DNS.
    private func settings(_ found: FoundServer) async throws -> LabSettings {
        let status = try await found.get("/debug/status")
        guard status.status == 200, status.body.hasPrefix("Fairlead ") else {
            throw failure("\(found.url) is no server of this program, or one of an older version")
        }
        var settings = LabSettings(
            folder: lab.folder, server: found.url,
            apiServer: LabPlace(host: found.server.url.host, port: found.server.url.port),
            clusterDNS: Self.dnsAddress(of: status.body).map(Self.place), isPrivate: !LabOptions.isRoot,
            program: LabProcess.own, proxyArguments: proxyArguments(found.kubeconfig))
        settings.kubeconfig = found.kubeconfig ?? ""
        settings.clusterCIDRs = try FlagValues.cidrs(clusterCidr ?? "", "--cluster-cidr")
        let service = try await found.get("/api/v1/namespaces/kube-system/services/kube-dns")
        // Without such a Service there is no nameserver.
        if service.status == 200, let value = try? JSON.parseStored(Array(service.body.utf8)) {
            settings.nameserver = ServiceView(value).clusterIP
        }
        let map = try await found.get("/api/v1/namespaces/kube-system/configmaps/coredns")
        // Without the ConfigMap, the domain is the usual one.
        if map.status == 200, let value = try? JSON.parseStored(Array(map.body.utf8)),
            let domain = Self.clusterDomain(of: value.text("data", "Corefile"))
        {
            settings.clusterDomain = domain
        }
        return settings
    }

    /// Where the DNS answers, according to the status page; nil if it is off.
    static func dnsAddress(of page: String) -> HTTPAddress? {
        let words = page.split(separator: "\n").lazy.map { $0.split(separator: " ") }.first { $0.first == "DNS:" }
        return words?.last.flatMap { HTTPAddress(String($0)) }
    }

    private static func place(_ address: HTTPAddress) -> LabPlace { LabPlace(host: address.host, port: address.port) }

    /// The first zone of CoreDNS's plugin `kubernetes`.
    static func clusterDomain(of corefile: String) -> String? {
        for line in corefile.split(separator: "\n") {
            let words = line.split(whereSeparator: \.isWhitespace)
            if words.first == "kubernetes", words.count > 1, words[1] != "{" { return String(words[1]) }
        }
        return nil
    }

    private func proxyArguments(_ kubeconfig: String?) -> (@Sendable (String, String, [CIDR]) -> [String])? {
        if noProxy { return nil }
        return { node, server, ranges in
            var arguments = ["proxy", "--node", node, "--server", server]
            if let kubeconfig { arguments += ["--kubeconfig", kubeconfig, "--context", Kubeconfig.name] }
            if !ranges.isEmpty { arguments += ["--cluster-cidr", ranges.map(\.description).joined(separator: ",")] }
            return arguments
        }
    }
}
