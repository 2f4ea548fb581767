import ArgumentParser
@preconcurrency import Dispatch
import FairleadHTTP
import FairleadMetrics
import FairleadModel
import FairleadNet
import FairleadProxy
import FairleadRemote
import FairleadRouting
import FairleadServer
import Foundation
import Logging

/// `fairlead proxy`: makes this machine, or the network namespace it runs in, route packets as a node of the cluster.
struct ProxyCommand: AsyncParsableCommand {
    static let configuration = CommandConfiguration(
        commandName: "proxy",
        abstract: "Route the packets of one node: programs nftables as kube-proxy does.",
        discussion: """
            Works with any API server. All rules are in a table of their own, inet fairlead, and stay when the command \
            ends; --cleanup removes them. Needs root, nft and, for UDP, conntrack. Who gets which packet is what \
            `fairlead explain packet` says.
            """)

    @Option(name: .long, help: "The node's name in the cluster. (default: the host name)")
    var node: String?

    @OptionGroup var remote: RemoteOptions

    @Option(
        name: .long,
        help: ArgumentHelp(
            "Where the addresses of pods come from: one CIDR, or several separated by commas.",
            discussion: "Packets from elsewhere to a cluster IP are masqueraded.", valueName: "cidrs"))
    var clusterCidr = "10.244.0.0/16"

    @Option(
        name: .long,
        help: ArgumentHelp(
            "Where cluster IPs come from; packets to unknown ones are dropped. (default: the cluster's ServiceCIDRs)",
            valueName: "cidrs"))
    var serviceCidr: String?

    @Option(
        name: .long,
        help: ArgumentHelp("Which addresses of the node take node ports. (default: all)", valueName: "cidrs"))
    var nodeportAddresses: String?

    @Flag(name: .long, help: "Masquerade everything that is sent to a cluster IP.")
    var masqueradeAll = false

    @Option(name: .long, help: "Where /healthz and /livez are: ADDRESS:PORT, or none.")
    var healthzBindAddress = "0.0.0.0:10256"

    @Option(name: .long, help: "Where /metrics is: ADDRESS:PORT, or none.")
    var metricsBindAddress = "127.0.0.1:10249"

    @Flag(name: .long, help: "Remove all rules that this command has ever made here, and end.")
    var cleanup = false

    @Option(name: .long, help: "trace, debug, info, notice, warning, error or critical.")
    var logLevel = "info"

    @Option(name: .long, help: "text or json.")
    var logFormat = "text"

    func validate() throws {
        _ = try (settings(), address(healthzBindAddress, "--healthz-bind-address"), logging())
        _ = try address(metricsBindAddress, "--metrics-bind-address")
    }

    func run() async throws {
        let logging = try logging()
        Logs.bootstrap(level: logging.level, format: logging.format, environment: .live)
        let kernel = try await Self.kernel()
        if cleanup { return try await cleanUp(kernel) }
        let settings = try settings()
        let server = try remote.remoteServer()
        let logger = Logger(label: "proxy")
        do {
            let client = try RemoteClient(server, userAgent: "fairlead-proxy", logger: logger)
            defer { logger.info("ended; the rules stay", metadata: ["node": .string(settings.node)]) }
            do {
                logger.info(
                    "started",
                    metadata: ["node": .string(settings.node), "server": .string("\(server.url)")])
                try await serve(settings, client, kernel, logger)
            } catch {
                await client.shutdown()
                throw error
            }
            await client.shutdown()
        } catch let error as ListenFailure {
            throw failure(error.description)
        } catch let error as RemoteServer.Refusal {
            throw failure(error.description)
        }
    }

    private func serve(
        _ settings: ProxySettings, _ client: RemoteClient, _ kernel: NftSession, _ logger: Logger
    ) async throws {
        let registry = MetricsRegistry(ProxyMetrics.families)
        let metrics = ProxyMetrics(factory: registry)
        let health = ProxyHealth(metrics: metrics)
        let agent = ProxyAgent(
            settings,
            world: .init(client: client, kernel: kernel, connections: Conntrack(logger: logger)), metrics: metrics,
            health: health, logger: logger)
        registry.add { agent.collect(&$0) }
        let serving = try await ProxyServing(
            health: health, at: address(healthzBindAddress, "--healthz-bind-address"), registry: registry,
            at: address(metricsBindAddress, "--metrics-bind-address"), logger: logger)
        defer { serving.close() }
        let signals = EndSignals()
        defer { withExtendedLifetime(signals) {} }
        let told = signals.stream
        await withTaskGroup(of: Void.self) { group in
            group.addTask { await agent.run() }
            group.addTask {
                for await _ in told { break }
                Self.endSoon()
            }
            await group.next()
            group.cancelAll()
        }
    }

    /// - Throws: `ExitCode`, after saying what is missing.
    private static func kernel() async throws -> NftSession {
        guard let program = Program(named: "nft") else {
            throw failure("nft is not installed (Debian: apt-get install nftables)")
        }
        let kernel = NftSession(program)
        do {
            try await kernel.check()
            return kernel
        } catch {
            guard geteuid() == 0 else {
                throw failure("rules can only be changed by root, or in a user namespace of one's own: use sudo")
            }
            throw failure("this kernel, or the namespace, does not take the rules:\n\(error)")
        }
    }

    private func cleanUp(_ kernel: NftSession) async throws {
        do {
            try await kernel.removeTable()
        } catch {
            throw failure("the rules could not be removed:\n\(error)")
        }
        StandardStream.output.write("the rules are gone (table \(Skeleton.table))\n")
    }

    // MARK: Flags

    private func settings() throws -> ProxySettings {
        let name = node ?? ProcessInfo.processInfo.hostName.lowercased()
        guard !name.isEmpty else { throw ValidationError("--node: the machine has no host name") }
        let routing = RoutingSettings(
            clusterCIDRs: try FlagValues.cidrs(clusterCidr, "--cluster-cidr"), serviceCIDRs: [],
            masqueradesAll: masqueradeAll,
            nodePortAddresses: try FlagValues.cidrs(nodeportAddresses ?? "", "--nodeport-addresses")
        )
        return ProxySettings(
            node: name, routing: routing,
            serviceCIDRs: try serviceCidr.map { try FlagValues.cidrs($0, "--service-cidr") })
    }

    /// nil for `none`.
    private func address(_ text: String, _ flag: String) throws -> ProxyServing.Address? {
        if text == "none" || text.isEmpty { return nil }
        guard let address = HTTPAddress(text) else {
            throw ValidationError("\(flag) \(text): an address and a port are wanted, as in 127.0.0.1:10256, or none")
        }
        return ProxyServing.Address(host: address.host, port: address.port)
    }

    private func logging() throws -> (level: Logger.Level, format: ServerConfiguration.LogFormat) {
        (try FlagValues.logLevel(logLevel), try FlagValues.logFormat(logFormat))
    }

    // MARK: The end

    /// Ends the process within a second, whatever is being waited for. Transactions are atomic.
    private static func endSoon() {
        DispatchQueue.global(qos: .userInteractive).asyncAfter(deadline: .now() + .milliseconds(700)) { _exit(0) }
    }
}
