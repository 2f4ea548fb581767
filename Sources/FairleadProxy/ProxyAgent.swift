package import FairleadClient
package import FairleadModel
import FairleadRouting
package import Logging
import Synchronization

/// Keeps the rules of one node as the cluster wants them: watches Services, EndpointSlices, Nodes and ServiceCIDRs, and
/// hands every change to the kernel.
///
/// Guarantees:
/// - nothing is programmed before the first lists of all resources have arrived;
/// - the first transaction replaces whatever an earlier proxy has left, in one step; a small change becomes a small
///   transaction; after an error the whole table is replaced again, until that succeeds;
/// - whatever changes while the kernel is busy goes into the next transaction; only names of Services wait for it;
/// - when it ends, the rules stay.
///
/// It decides nothing: `RoutingTable` does.
package final class ProxyAgent: Sendable {
    /// What the proxy works on.
    package struct World: Sendable {
        package var client: any ObjectClient
        package var kernel: any RuleKernel
        package var connections: any ConnectionMemory
        package var clock: any DelayClock
        package var now: @Sendable () -> Timestamp
        /// The addresses of this machine's interfaces.
        package var interfaces: @Sendable () -> Set<IPAddress>

        package init(
            client: any ObjectClient, kernel: any RuleKernel, connections: any ConnectionMemory,
            clock: any DelayClock = SystemDelayClock(), now: @escaping @Sendable () -> Timestamp = Environment.live.now,
            interfaces: @escaping @Sendable () -> Set<IPAddress> = Interfaces.addresses
        ) {
            self.client = client
            self.kernel = kernel
            self.connections = connections
            self.clock = clock
            self.now = now
            self.interfaces = interfaces
        }
    }

    let settings: ProxySettings
    let world: World
    let metrics: ProxyMetrics
    let health: ProxyHealth
    let healthPorts: HealthCheckPorts
    let logger: Logger
    let state: Mutex<ClusterState>
    /// Something has changed.
    let changed = Signal()
    /// Connections may have gone stale.
    let stale = Signal()

    package init(
        _ settings: ProxySettings, world: World, metrics: ProxyMetrics, health: ProxyHealth, logger: Logger
    ) {
        self.settings = settings
        self.world = world
        self.metrics = metrics
        self.health = health
        self.logger = logger
        healthPorts = HealthCheckPorts(health: health, logger: logger)
        state = Mutex(ClusterState(settings, started: world.now()))
    }

    /// Runs until the task is cancelled.
    package func run() async {
        await withTaskGroup(of: Void.self) { group in
            group.addTask { await self.follow(.services, .services) }
            group.addTask { await self.follow(.slices, .endpointSlices) }
            group.addTask { await self.follow(.nodes, .nodes) }
            group.addTask { await self.followRanges() }
            group.addTask { await self.keepProgrammed() }
            group.addTask { await self.keepLooking() }
            group.addTask { await self.keepConnectionsFresh() }
            await group.waitForAll()
        }
        healthPorts.closeAll()
        await world.kernel.close()
    }

    // MARK: Watching

    private func follow(_ source: ClusterState.Source, _ resource: GroupVersionResource) async {
        let sink = Reflector.Sink(
            replace: { [self] in replace(source, $0) }, apply: { [self] in apply(source, $0) })
        await Reflector(
            client: world.client, resource: resource, sink: sink, clock: world.clock,
            log: FailureLog(logger: logger, clock: world.clock)
        ).run()
    }

    /// Older clusters have no ServiceCIDRs.
    private func followRanges() async {
        if let given = settings.serviceCIDRs {
            let name = ObjectName(namespace: "", name: "--service-cidr")
            let value: Value = ["spec": ["cidrs": .array(given.map { .string("\($0)") })]]
            change { $0.set(.ranges, name, value, at: self.world.clock.now) }
            return change { $0.completed(.ranges, at: self.world.clock.now) }
        }
        do {
            _ = try await world.client.list(.serviceCIDRs, namespace: nil)
        } catch  where error.code == 404 {
            logger.info("the cluster has no ServiceCIDRs: unknown cluster IPs are not dropped (--service-cidr)")
            return change { $0.completed(.ranges, at: self.world.clock.now) }
        } catch {
            // The reflector says so, and tries again.
        }
        await follow(.ranges, .serviceCIDRs)
    }

    private func replace(_ source: ClusterState.Source, _ list: ObjectList) {
        var gone = Set(state.withLock { $0.names(source) })
        for object in list.objects {
            gone.remove(object.objectName)
            set(source, object)
            // The list is kept until its end, and a tree takes several times the space of its text.
            object.releaseTree()
        }
        change { state in
            for name in gone { state.remove(source, name, at: self.world.clock.now) }
            state.completed(source, at: self.world.clock.now)
        }
    }

    private func apply(_ source: ClusterState.Source, _ events: [WatchEvent]) {
        for event in events {
            guard let object = event.object else { continue }
            switch event.kind {
            case .added, .modified: set(source, object)
            case .deleted: change { $0.remove(source, object.objectName, at: self.world.clock.now) }
            case .bookmark: break
            }
        }
    }

    private func set(_ source: ClusterState.Source, _ object: StoredObject) {
        // Nodes are large, change often, and only one of them matters.
        if source == .nodes, object.key.name != settings.node { return }
        // Before the lock: decoding takes longer than everything else.
        let value = object.value
        change { $0.set(source, object.objectName, value, at: self.world.clock.now) }
    }

    private func change(_ body: (inout ClusterState) -> Void) {
        let (hasPending, isNew) = state.withLock { state in
            let hadPending = state.hasPending
            body(&state)
            return (state.hasPending, state.hasPending && !hadPending)
        }
        if isNew { metrics.recordQueued(at: seconds(world.now())) }
        if hasPending { changed.raise() }
    }

    func seconds(_ time: Timestamp) -> Double { Double(time.seconds) + Double(time.nanoseconds) / 1e9 }

    // MARK: Connections

    private func keepConnectionsFresh() async {
        while !Task.isCancelled {
            await stale.wait()
            if Task.isCancelled { return }
            do {
                let known = try await world.connections.connections()
                let old = state.withLock { state in known.filter { state.table.isStale($0, on: settings.node) } }
                for connection in old {
                    try await world.connections.forget(connection)
                    metrics.recordForgotten()
                    logger.debug(
                        "UDP connections forgotten",
                        metadata: [
                            "destination": .string("\(connection.destination)"),
                            "endpoint": .string("\(connection.answering)"),
                        ])
                }
            } catch {
                logger.error(
                    "stale UDP connections could not be forgotten; tried again with the next change",
                    metadata: ["error": .string("\(error)")])
            }
        }
    }
}
