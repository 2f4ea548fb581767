import FairleadClientTesting
import FairleadMetrics
import FairleadModel
import FairleadRouting
import Foundation
import Logging
import Testing

@testable import FairleadProxy

#if canImport(FoundationNetworking)
    import FoundationNetworking
#endif

struct ServingTests {
    private let quiet = Logger(label: "test") { _ in SwiftLogNoOpLogHandler() }

    private func get(_ port: Int, _ path: String) async throws -> (status: Int, headers: [String: String], body: String)
    {
        let url = try #require(URL(string: "http://127.0.0.1:\(port)\(path)"))
        let (data, response) = try await URLSession.shared.data(from: url)
        let answer = try #require(response as? HTTPURLResponse)
        var headers: [String: String] = [:]
        for (name, value) in answer.allHeaderFields { headers["\(name)".lowercased()] = "\(value)" }
        return (answer.statusCode, headers, String(decoding: data, as: UTF8.self))
    }

    @Test func balancersLearnWhetherTheNodeHasEndpoints() async throws {
        let world = FakeWorld()
        let port = try await Self.freePort()
        let spec: Object = [
            "type": "LoadBalancer", "externalTrafficPolicy": "Local", "healthCheckNodePort": .int(Int64(port)),
        ]
        world.client.put(.services, FakeWorld.service("web", "10.96.0.10", spec: spec))
        world.client.put(.endpointSlices, FakeWorld.slice("web", ["10.244.1.5", "10.244.1.6"]))
        try await world.run {
            #expect(await eventually { world.agent.healthPorts.isListening(port) })
            let good = try await get(port, "/")
            #expect(good.status == 200)
            #expect(good.headers["content-type"] == "application/json")
            #expect(good.headers["x-content-type-options"] == "nosniff")
            #expect(good.headers["x-load-balancing-endpoint-weight"] == "2")
            #expect(
                good.body == """
                    {
                    \t"service": {
                    \t\t"namespace": "d",
                    \t\t"name": "web"
                    \t},
                    \t"localEndpoints": 2,
                    \t"serviceProxyHealthy": true
                    }
                    """)
            world.client.put(.endpointSlices, FakeWorld.slice("web", []))
            var status = 200
            for _ in 0..<500 where status == 200 { status = try await get(port, "/").status }
            #expect(status == 503)
            world.client.put(.services, FakeWorld.service("web", "10.96.0.10"))
            #expect(await eventually { !world.agent.healthPorts.isListening(port) })
        }
    }

    @Test func healthIsKubeProxys() async throws {
        let world = FakeWorld()
        let loopback = ProxyServing.Address(host: "127.0.0.1", port: 0)
        let serving = try await ProxyServing(
            health: world.health, at: loopback, registry: world.registry, at: loopback, logger: quiet)
        defer { serving.close() }
        let port = try #require(serving.healthPort)
        #expect(try await get(port, "/healthz").status == 503, "there are no rules yet")
        #expect(try await get(port, "/livez").status == 200)
        try await world.run {
            #expect(await eventually { world.kernel.transactions.count == 1 })
            var answer = try await get(port, "/healthz")
            for _ in 0..<500 where answer.status != 200 { answer = try await get(port, "/healthz") }
            #expect(answer.status == 200)
            #expect(answer.body.hasPrefix("{\"lastUpdated\": \"20"))
            #expect(answer.body.hasSuffix(" UTC\", \"nodeEligible\": true}"))
            var node = FakeWorld.node(["192.0.2.1"])
            node.set([["key": "ToBeDeletedByClusterAutoscaler", "effect": "NoSchedule"]], at: "spec", "taints")
            world.client.put(.nodes, node)
            for _ in 0..<500 where answer.status == 200 { answer = try await get(port, "/healthz") }
            #expect(answer.status == 503)
            #expect(answer.body.hasSuffix("\"nodeEligible\": false}"))
            #expect(try await get(port, "/livez").status == 200)
        }
        let metrics = try #require(serving.metricsPort)
        let page = try await get(metrics, "/metrics").body
        #expect(page.contains("kubeproxy_proxy_healthz_total{code=\"503\"}"))
        #expect(page.contains("kubeproxy_sync_full_proxy_rules_duration_seconds_count"))
        #expect(try await get(metrics, "/proxyMode").body == "nftables")
        #expect(try await get(metrics, "/else").status == 404)
    }

    @Test func anAddressInUseIsNamedWithItsFlag() async throws {
        let world = FakeWorld()
        let loopback = ProxyServing.Address(host: "127.0.0.1", port: 0)
        let first = try await ProxyServing(
            health: world.health, at: loopback, registry: world.registry, at: nil, logger: quiet)
        defer { first.close() }
        let taken = ProxyServing.Address(host: "127.0.0.1", port: try #require(first.healthPort))
        let failure = await #expect(throws: (any Error).self) {
            _ = try await ProxyServing(
                health: world.health, at: nil, registry: world.registry, at: taken, logger: quiet)
        }
        let text = "\(try #require(failure))"
        #expect(text.contains("--metrics-bind-address"))
        #expect(text.contains("another program listens there"))
    }

    /// A port that was free a moment ago.
    private static func freePort() async throws -> Int {
        let server = try await SmallServer(host: "127.0.0.1", port: 0, logger: Logger(label: "test")) { _ in nil }
        defer { server.close() }
        return server.port
    }
}
