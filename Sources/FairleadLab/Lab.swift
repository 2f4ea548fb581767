import CFairleadNamespaces
package import FairleadClient
import FairleadModel
package import Logging
import NIOPosix

#if canImport(Glibc)
    import Glibc
#elseif canImport(Musl)
    import Musl
#else
    import Darwin
#endif

/// A cluster that packets can be sent in: a network namespace for each node and pod and for a client outside, joined by a
/// bridge; the echo of each pod's containers; a proxy on each node.
///
/// It follows the cluster until its task is cancelled, and leaves nothing behind then. The network of the machine is not
/// touched: everything is in namespaces of the lab's own. What cannot be built is logged and tried again.
package struct Lab: Sendable {
    private let settings: LabSettings
    private let informers: InformerSet
    private let logger: Logger
    private let changed = Signal()
    private let clock = SystemDelayClock()

    /// How long a change may wait for others that come with it.
    private static let gathering = Duration.milliseconds(10)
    /// How often the proxies are looked after.
    private static let interval = Duration.milliseconds(500)
    private static let retryInterval = Duration.seconds(5)
    /// How long nothing must have changed when the lab is called ready: a server that has just begun makes its nodes first.
    private static let quiet = Duration.milliseconds(500)
    /// How long the proxies may take until the lab is called ready without them.
    private static let proxyPatience = Duration.seconds(30)

    package init(client: any ObjectClient, settings: LabSettings, logger: Logger) {
        self.settings = settings
        self.logger = logger
        informers = InformerSet(client: client, clock: clock)
    }

    /// - Parameter announce: called once, when everything is there.
    /// - Throws: `LabProblem` if the lab cannot be built at all.
    package func run(announce: @escaping @Sendable (LabReport) -> Void) async throws {
        guard let lock = try settings.folder.takeLock() else {
            throw LabProblem.isRunning(settings.folder)
        }
        defer { close(lock) }
        fairlead_raise_file_limit()
        let old = Leftovers(settings.folder).remove()
        if old.namespaces > 0 {
            logger.notice("a lab that was killed has been cleared away", metadata: ["namespaces": "\(old.namespaces)"])
        }
        guard let ip = Programs.find("ip") else { throw LabProblem.missing("ip", package: "iproute2") }
        guard let nft = Programs.find("nft") else { throw LabProblem.missing("nft", package: "nftables") }
        let network = LabNetwork(folder: settings.folder, ip: ip, nft: nft, logger: logger)
        let site = LabSite(
            settings: settings, apiServer: try settings.apiServer.address,
            clusterDNS: try settings.clusterDNS?.address, network: network, logger: logger)
        do {
            try await site.prepare()
        } catch {
            await site.end()
            guard let failure = error as? SystemFailure, failure.isRefusal else { throw error }
            throw LabProblem.refused(failure)
        }
        watch()
        await withDiscardingTaskGroup { group in
            group.addTask { await informers.run() }
            await informers.waitForSync()
            await follow(site, announce)
            group.cancelAll()
        }
        await site.end()
        settings.folder.remove()
    }

    private func watch() {
        for resource in [GroupVersionResource.nodes, .pods, .services, .endpointSlices] {
            informers.informer(resource).addHandler { [changed] _ in changed.raise() }
        }
    }

    private var cluster: LabCluster {
        LabCluster(
            nodes: informers.lister(.nodes).list().map { NodeView($0) },
            pods: informers.lister(.pods).list().map { PodView($0) },
            services: informers.lister(.services).list().map { ServiceView($0) },
            slices: informers.lister(.endpointSlices).list().map { EndpointSliceView($0) }, limits: settings.limits)
    }

    /// Until the task is cancelled.
    private func follow(_ site: LabSite, _ announce: @Sendable (LabReport) -> Void) async {
        var built: LabCluster?
        var tryAgainAt: Duration?
        var isAnnounced = false
        var changedAt = clock.now
        let patience = clock.now + Self.proxyPatience
        while !Task.isCancelled {
            let cluster = self.cluster
            if cluster != built || tryAgainAt.map({ $0 <= clock.now }) ?? false {
                let isComplete = await site.build(cluster)
                if cluster != built { changedAt = clock.now }
                built = cluster
                tryAgainAt = isComplete ? nil : clock.now + Self.retryInterval
            }
            await site.lookAfterProxies()
            let isQuiet = tryAgainAt == nil && clock.now - changedAt >= Self.quiet
            if !isAnnounced, isQuiet || clock.now > patience {
                let areHealthy = await site.proxiesAreHealthy(cluster)
                if areHealthy || clock.now > patience {
                    if !areHealthy { logger.warning("not all proxies are well yet") }
                    isAnnounced = true
                    announce(await site.report(cluster, isReady: true))
                }
            }
            settings.folder.write(await site.report(cluster, isReady: isAnnounced))
            let pause = isAnnounced ? Self.interval : .milliseconds(100)
            await changed.wait(until: clock.now + pause, clock: clock)
            await clock.sleep(for: Self.gathering)
        }
    }
}

/// Why there is no lab, and what would help.
package enum LabProblem: Error, CustomStringConvertible {
    case isRunning(LabFolder)
    case missing(String, package: String)
    case refused(SystemFailure)
    /// A server of the lab's own did not start; what it said.
    case noServer(String)
    case noAddress(String)

    package var description: String {
        switch self {
        case .isRunning(let folder):
            "the lab \(folder.names.lab) is up already: take it down with `fairlead lab down`, or give this one another "
                + "name with --name"
        case .missing(let program, let package):
            "the program \(program) is missing: install it with `apt-get install \(package)`"
        case .refused(let failure):
            "this system does not let the lab make network namespaces (\(failure)): run it as root, or where users may "
                + "make user namespaces"
        case .noAddress(let host): "no address is known for \(host)"
        case .noServer(let words): "the server for the lab does not start. It says:\n\(words)"
        }
    }
}
