import FairleadClient
import FairleadClientTesting
import FairleadModel
import FairleadRouting
import Testing

@testable import FairleadProxy

struct ProxyAgentTests {
    private let world = FakeWorld()
    private let key = "10.96.0.10 . tcp . 80"

    @Test func theFirstTransactionIsTheWholeTable() async throws {
        world.client.put(.services, FakeWorld.service("web", "10.96.0.10"))
        world.client.put(.endpointSlices, FakeWorld.slice("web", ["10.244.1.5"]))
        try await world.run {
            #expect(await eventually { world.kernel.table.elements("services4")[key] != nil })
            #expect(world.kernel.transactions.count == 1)
            #expect(world.kernel.transactions[0].hasPrefix("load add table inet fairlead\ndelete table inet fairlead"))
            #expect(world.kernel.table.chains["masquerading"]?.contains("snat ip to 192.0.2.1 fully-random") ?? false)
            #expect(world.kernel.table.elements("service-ranges4").keys.sorted() == ["10.96.0.0/16"])
        }
        #expect(world.kernel.state.withLock { $0.isClosed })
    }

    @Test func anEmptyClusterGetsAnEmptyTable() async throws {
        try await world.run {
            #expect(await eventually { world.kernel.transactions.count == 1 })
            #expect(world.kernel.table.elements("services4").isEmpty)
        }
    }

    @Test func nothingIsProgrammedBeforeAllListsAreThere() async throws {
        world.client.failNext("list nodes", APIStatus.internalError("later"))
        world.client.put(.services, FakeWorld.service("web", "10.96.0.10"))
        try await world.run {
            #expect(await eventually { !world.kernel.transactions.isEmpty })
            #expect(world.kernel.table.elements("services4")[key] == "goto reject-now")
            #expect(world.kernel.transactions.count == 1)
        }
    }

    @Test func laterChangesAreSmallTransactions() async throws {
        world.client.put(.services, FakeWorld.service("web", "10.96.0.10"))
        try await world.run {
            #expect(await eventually { world.kernel.transactions.count == 1 })
            world.client.put(.endpointSlices, FakeWorld.slice("web", ["10.244.1.5"]))
            #expect(await eventually { world.kernel.table.elements("endpoints-tcp4").count == 1 })
            #expect(world.kernel.transactions.dropFirst().allSatisfy { $0.hasPrefix("apply ") })
            world.client.put(.services, FakeWorld.service("web", "10.96.0.11"))
            #expect(await eventually { world.kernel.table.elements("services4")[key] == nil })
            #expect(world.kernel.table.elements("cluster-ips4").keys.sorted() == ["10.96.0.11"])
        }
    }

    @Test func whatChangesNoRuleIsNoTransaction() async throws {
        world.client.put(.services, FakeWorld.service("web", "10.96.0.10"))
        try await world.run {
            #expect(await eventually { world.kernel.transactions.count == 1 })
            var value = FakeWorld.service("web", "10.96.0.10")
            value.set(.string("x"), at: "metadata", "labels", "a")
            world.client.put(.services, value)
            var node = FakeWorld.node(["192.0.2.1", "127.0.0.1"])
            node.set(.string("now"), at: "status", "heartbeat")
            world.client.put(.nodes, node)
            world.client.put(.services, FakeWorld.service("other", "10.96.0.11"))
            #expect(await eventually { world.kernel.table.elements("services4").count == 2 })
            #expect(world.kernel.transactions.count <= 3)
        }
    }

    @Test func afterARefusalTheWholeTableIsSentAgain() async throws {
        world.client.put(.services, FakeWorld.service("web", "10.96.0.10"))
        try await world.run {
            #expect(await eventually { world.kernel.transactions.count == 1 })
            world.kernel.refuseNext(2)
            world.client.put(.endpointSlices, FakeWorld.slice("web", ["10.244.1.5"]))
            #expect(await eventually { world.kernel.table.elements("endpoints-tcp4").count == 1 })
            let verbs = world.kernel.transactions.map { String($0.prefix(while: { $0 != " " })) }
            #expect(verbs == ["load", "apply", "load", "load"])
            #expect(world.registry.text.contains("kubeproxy_sync_proxy_rules_nftables_sync_failures_total 2"))
        }
    }

    @Test func aNewAddressOfTheNodeIsANewTable() async throws {
        world.client.put(
            .services,
            FakeWorld.service(
                "web", "10.96.0.10", spec: ["type": "NodePort", "ports": [["port": 80, "nodePort": 30080]]]))
        try await world.run {
            #expect(await eventually { world.kernel.table.elements("services4").count == 2 })
            #expect(world.kernel.table.elements("services4")["127.0.0.1 . tcp . 30080"] != nil)
            world.client.put(.nodes, FakeWorld.node(["192.0.2.9"]))
            #expect(await eventually { world.kernel.table.elements("services4").count == 1 })
            // 192.0.2.9 is on no interface.
            #expect(world.kernel.table.chains["masquerading"]?.count == 2)
        }
    }

    @Test func rangesComeFromTheCluster() async throws {
        let world = FakeWorld(serviceCIDRs: nil)
        world.client.put(
            .serviceCIDRs, ["metadata": ["name": "kubernetes"], "spec": ["cidrs": ["10.96.0.0/16", "fd00:96::/108"]]])
        try await world.run {
            #expect(await eventually { world.kernel.table.elements("service-ranges4").count == 1 })
            #expect(world.kernel.table.elements("service-ranges6").keys.sorted() == ["fd00:96::/108"])
            world.client.put(
                .serviceCIDRs, ["metadata": ["name": "more"], "spec": ["cidrs": ["10.97.0.0/16"]]])
            #expect(await eventually { world.kernel.table.elements("service-ranges4").count == 2 })
        }
    }

    @Test func connectionsOfUDPEndpointsThatAreGoneAreForgotten() async throws {
        world.client.put(.services, FakeWorld.service("dns", "10.96.0.10", transport: "UDP"))
        world.client.put(
            .endpointSlices, FakeWorld.slice("dns", ["10.244.1.5", "10.244.1.6"], transport: "UDP"))
        let socket = Socket(IPAddress("10.96.0.10")!, 80, .udp)
        let connections = ["10.244.1.5", "10.244.1.6"].map {
            TrackedConnection(destination: socket, answering: Socket(IPAddress($0)!, 8080, .udp))
        }
        let foreign = TrackedConnection(
            destination: Socket(IPAddress("8.8.8.8")!, 53, .udp), answering: Socket(IPAddress("8.8.8.8")!, 53, .udp))
        world.connections.known.withLock { $0 = Set(connections + [foreign]) }
        try await world.run {
            #expect(await eventually { world.kernel.transactions.count == 1 })
            world.client.put(.endpointSlices, FakeWorld.slice("dns", ["10.244.1.6"], transport: "UDP"))
            #expect(await eventually { !world.connections.known.withLock { $0.contains(connections[0]) } })
            #expect(world.connections.known.withLock { $0 } == [connections[1], foreign])
        }
    }

    @Test func whatHappensDuringATransactionIsTheNextOne() async throws {
        world.client.put(.services, FakeWorld.service("web", "10.96.0.10"))
        try await world.run {
            #expect(await eventually { world.kernel.transactions.count == 1 })
            for number in 1...200 {
                world.client.put(.endpointSlices, FakeWorld.slice("web", ["10.244.1.\(number)"]))
            }
            #expect(
                await eventually {
                    world.kernel.table.elements("endpoints-tcp4").values.sorted() == ["10.244.1.200 . 8080"]
                })
            #expect(world.kernel.transactions.count < 150, "changes of the same Service are taken together")
        }
    }

    @Test func programmingIsMeasuredFromItsCause() async throws {
        world.client.put(.services, FakeWorld.service("web", "10.96.0.10"))
        try await world.run {
            #expect(await eventually { world.kernel.transactions.count == 1 })
            let old = "2020-01-01T00:00:00Z"
            world.client.put(.endpointSlices, FakeWorld.slice("web", ["10.244.1.5"], cause: old))
            #expect(await eventually { world.kernel.table.elements("endpoints-tcp4").count == 1 })
            #expect(!world.registry.text.contains("kubeproxy_network_programming_duration_seconds_count"))
            let cause = Environment.live.now().adding(seconds: 1).rfc3339Micro
            world.client.put(.endpointSlices, FakeWorld.slice("web", ["10.244.1.6"], cause: cause))
            #expect(
                await eventually {
                    world.registry.text.contains("kubeproxy_network_programming_duration_seconds_count 1")
                })
        }
    }
}
