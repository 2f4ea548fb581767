import CoreMetrics
import FairleadClient
import FairleadClientTesting
import FairleadMetrics
import FairleadModel
import FairleadRouting
import Logging
import Synchronization

@testable import FairleadProxy

/// A kernel that takes what a real one would, and refuses when it is told to.
final class FakeKernel: RuleKernel {
    struct State {
        var table = SimulatedTable()
        var transactions: [String] = []
        var refusals = 0
        var isClosed = false
    }

    let state = Mutex(State())

    var table: SimulatedTable { state.withLock { $0.table } }
    var transactions: [String] { state.withLock { $0.transactions } }
    func refuseNext(_ count: Int) { state.withLock { $0.refusals = count } }

    func load(_ script: String) async throws(KernelRefusal) { try run("load", script) }
    func apply(_ line: String) async throws(KernelRefusal) { try run("apply", line) }
    func close() async { state.withLock { $0.isClosed = true } }

    private func run(_ verb: String, _ script: String) throws(KernelRefusal) {
        let fault = state.withLock { state -> String? in
            state.transactions.append("\(verb) \(script)")
            if state.refusals > 0 {
                state.refusals -= 1
                return "Error: the test refuses"
            }
            do throws(SimulatedTable.Fault) {
                try state.table.run(script)
                return nil
            } catch {
                return error.text
            }
        }
        if let fault { throw KernelRefusal(fault) }
    }
}

final class FakeConnections: ConnectionMemory {
    let known = Mutex<Set<TrackedConnection>>([])

    func connections() async throws -> Set<TrackedConnection> { known.withLock { $0 } }
    func forget(_ connection: TrackedConnection) async throws { known.withLock { _ = $0.remove(connection) } }
}

/// An agent in a world of its own.
struct FakeWorld: Sendable {
    let client = InMemoryClient()
    let kernel = FakeKernel()
    let connections = FakeConnections()
    let registry = MetricsRegistry(ProxyMetrics.families)
    let health: ProxyHealth
    let agent: ProxyAgent

    init(serviceCIDRs: [CIDR]? = [CIDR("10.96.0.0/16")!], nodePortAddresses: [CIDR] = [CIDR("127.0.0.1/32")!]) {
        let metrics = ProxyMetrics(factory: registry)
        health = ProxyHealth(metrics: metrics)
        let routing = RoutingSettings(
            clusterCIDRs: [CIDR("10.244.0.0/16")!], serviceCIDRs: [], nodePortAddresses: nodePortAddresses)
        agent = ProxyAgent(
            ProxySettings(node: "n1", routing: routing, serviceCIDRs: serviceCIDRs),
            world: .init(
                client: client, kernel: kernel, connections: connections,
                interfaces: { [IPAddress("192.0.2.1")!, IPAddress("127.0.0.1")!] }),
            metrics: metrics, health: health, logger: Logger(label: "test") { _ in SwiftLogNoOpLogHandler() })
        client.put(.nodes, Self.node(["192.0.2.1", "127.0.0.1"]))
    }

    static func node(_ addresses: [String], zone: String = "a") -> Value {
        [
            "metadata": ["name": "n1", "labels": ["topology.kubernetes.io/zone": .string(zone)]],
            "status": [
                "addresses": .array(addresses.map { ["type": "InternalIP", "address": .string($0)] })
            ],
        ]
    }

    static func service(_ name: String, _ address: String, transport: String = "TCP", spec: Object = [:]) -> Value {
        var all: Object = [
            "clusterIP": .string(address), "clusterIPs": [.string(address)],
            "ports": [["port": 80, "protocol": .string(transport)]],
        ]
        for (key, value) in spec { all[key] = value }
        return ["metadata": ["namespace": "d", "name": .string(name)], "spec": .object(all)]
    }

    static func slice(
        _ service: String, _ addresses: [String], transport: String = "TCP", cause: String? = nil
    ) -> Value {
        var annotations: Object = [:]
        if let cause { annotations["endpoints.kubernetes.io/last-change-trigger-time"] = .string(cause) }
        return [
            "metadata": [
                "namespace": "d", "name": .string(service + "-1"),
                "labels": ["kubernetes.io/service-name": .string(service)], "annotations": .object(annotations),
            ],
            "addressType": "IPv4", "ports": [["name": "", "port": 8080, "protocol": .string(transport)]],
            "endpoints": .array(addresses.map { ["addresses": [.string($0)], "nodeName": "n1"] }),
        ]
    }

    /// Runs the agent beside the body.
    func run(_ body: () async throws -> Void) async throws {
        try await withThrowingDiscardingTaskGroup { group in
            group.addTask { await agent.run() }
            try await body()
            group.cancelAll()
        }
    }
}
