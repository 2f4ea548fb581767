import CFairleadNamespaces
import FairleadModel
import Logging
import NIOCore
import NIOPosix

#if canImport(Glibc)
    import Glibc
#elseif canImport(Musl)
    import Musl
#else
    import Darwin
#endif

/// What a lab consists of while it is up: its networks, sockets and proxies.
actor LabSite {
    private let settings: LabSettings
    private let logger: Logger
    private let thread = NamespaceThread()
    private let group: MultiThreadedEventLoopGroup
    private let pool: NIOThreadPool
    private let balancers = BalancerTable()
    private let listeners: ListenerSet
    private let agents: ProxyAgents
    private var network: LabNetwork
    private var saidOmitted = (nodes: 0, pods: 0)

    /// - Parameters:
    ///   - apiServer: where the API server answers on the machine.
    ///   - clusterDNS: where the cluster DNS does; nil if there is none.
    init(
        settings: LabSettings, apiServer: SocketAddress, clusterDNS: SocketAddress?, network: LabNetwork,
        logger: Logger
    ) {
        self.settings = settings
        self.network = network
        self.logger = logger
        group = MultiThreadedEventLoopGroup(numberOfThreads: min(2, System.coreCount))
        pool = NIOThreadPool(numberOfThreads: 4)
        pool.start()
        let folder = settings.folder
        let upstreams = Upstreams(
            apiServer: apiServer, clusterDNS: clusterDNS, balancers: balancers,
            fabric: folder.namespace(folder.names.fabric), pool: pool)
        listeners = ListenerSet(
            folder: folder, thread: thread, group: group,
            service: ListenerService(limits: settings.limits, upstreams: upstreams), logger: logger)
        agents = ProxyAgents(folder: folder, program: settings.program, thread: thread, logger: logger)
    }

    /// Makes what everything else is in, and finds out whether the system lets it.
    func prepare() async throws {
        let folder = settings.folder
        try await thread.run {
            try Namespaces.makeDirectory(folder.namespaces)
            let probe = folder.namespace(folder.names.prefix + "probe")
            try Namespaces.create(probe)
            try Namespaces.remove(probe)
        }
    }

    /// Makes the lab what the cluster is.
    ///
    /// - Returns: false if something is missing, and is worth another attempt.
    func build(_ cluster: LabCluster) async -> Bool {
        sayOmitted(cluster)
        let folder = settings.folder
        let names = folder.names
        let plan = LabPlan(cluster, names: names, path: folder.namespace)
        let wanted = LabPlan.listeners(
            cluster, names: names, apiPort: settings.apiPort, servesDNS: settings.clusterDNS != nil)
        balancers.set(cluster.balancers)
        await agents.stop(allBut: Set(cluster.nodes.map(\.name)))
        await listeners.close(allBut: wanted)
        let current = network
        do {
            let (next, isComplete) = try await thread.run {
                var network = current
                let isComplete = network.apply(plan)
                return (network, isComplete)
            }
            network = next
            let areOpen = await listeners.open(wanted)
            await agents.run(proxies(cluster))
            return isComplete && areOpen
        } catch {
            logger.error("the lab's networks cannot be changed", metadata: ["error": .string("\(error)")])
            return false
        }
    }

    private func proxies(_ cluster: LabCluster) -> [String: [String]] {
        guard let arguments = settings.proxyArguments else { return [:] }
        let ranges = settings.clusterCIDRs.isEmpty ? cluster.podRanges : settings.clusterCIDRs
        let scheme = settings.server.hasPrefix("https:") ? "https" : "http"
        let server = "\(scheme)://127.0.0.1:\(settings.apiPort)"
        return Dictionary(
            cluster.nodes.map { ($0.name, arguments($0.name, server, ranges)) }, uniquingKeysWith: { first, _ in first }
        )
    }

    private func sayOmitted(_ cluster: LabCluster) {
        let omitted = (nodes: cluster.omittedNodes, pods: cluster.omittedPods)
        if omitted != saidOmitted, omitted != (0, 0) {
            logger.error(
                "the cluster is too large for the lab: \(omitted.nodes) nodes and \(omitted.pods) pods are left out",
                metadata: [
                    "mostNodes": .stringConvertible(settings.limits.nodes),
                    "mostPods": .stringConvertible(settings.limits.pods),
                ])
        }
        saidOmitted = omitted
    }

    func lookAfterProxies() async { await agents.look() }

    /// Whether each node's proxy says that it is well.
    func proxiesAreHealthy(_ cluster: LabCluster) async -> Bool {
        guard settings.proxyArguments != nil else { return true }
        let folder = settings.folder
        let paths = cluster.nodes.map { folder.namespace(folder.names.node($0.name)) }
        // A namespace that cannot be entered has no healthy proxy.
        let statuses = try? await thread.run {
            try paths.map { path in
                try Namespaces.inside(path) {
                    fairlead_http_status("127.0.0.1", Int32(LabSettings.healthPort), "/healthz", 1000)
                }
            }
        }
        return statuses?.allSatisfy { $0 == 200 } ?? false
    }

    func report(_ cluster: LabCluster, isReady: Bool) async -> LabReport {
        let names = settings.folder.names
        var report = LabReport(
            process: Int(getpid()), server: settings.server, isPrivate: settings.isPrivate)
        report.isReady = isReady
        report.kubeconfig = settings.kubeconfig
        report.serverLog = settings.serverLog
        report.clusterDomain = settings.clusterDomain
        report.nameserver = settings.nameserver
        let pods = Dictionary(grouping: cluster.pods, by: \.nodeName)
        for node in cluster.nodes {
            let agent = await agents.state(of: node.name)
            report.nodes.append(
                LabReport.Node(
                    name: node.name, namespace: names.node(node.name), addresses: node.addresses.map(\.description),
                    pods: pods[node.name]?.count ?? 0, proxy: agent.process, restarts: agent.restarts))
        }
        report.hostPods = cluster.pods.count { $0.usesHostNetwork }
        report.pods = cluster.pods.count - report.hostPods
        report.outside = names.outside
        report.clients = LabPlan.clients.filter { $0.isIPv4 || cluster.hasIPv6 }.map(\.description)
        for (address, entry) in cluster.entrances {
            report.entrances[address.description] =
                switch entry {
                case .balancer: "its balancer"
                case .nodes(let nodes): nodes.isEmpty ? "no node" : nodes.joined(separator: ", ")
                }
        }
        return report
    }

    /// Ends everything. Nothing can be built afterwards.
    func end() async {
        await agents.stopAll()
        await listeners.closeAll()
        let folder = settings.folder
        do {
            // With the programs that users have started by `lab exec`.
            try await thread.run {
                for failure in Leftovers(folder).remove().failures { throw failure }
            }
        } catch {
            logger.error("something of the lab is left", metadata: ["error": .string("\(error)")])
        }
        await thread.shutdown()
        // These fail only if they have been shut down already.
        try? await pool.shutdownGracefully()
        try? await group.shutdownGracefully()
    }
}
