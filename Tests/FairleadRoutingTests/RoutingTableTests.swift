import FairleadModel
import Testing

@testable import FairleadRouting

/// A table that is changed object by object is the one that is built of the result.
struct RoutingTableTests {
    private static func service(_ name: String, _ address: String) -> ServiceView {
        ServiceView([
            "metadata": ["name": .string(name), "namespace": "n"],
            "spec": [
                "type": "ClusterIP", "clusterIP": .string(address), "clusterIPs": .array([.string(address)]),
                "ports": [["port": 80, "protocol": "TCP"]],
            ],
        ])
    }

    private static func slice(of service: String?) -> EndpointSliceView {
        var slice: Value = [
            "metadata": ["name": "s", "namespace": "n"], "addressType": "IPv4",
            "endpoints": [["addresses": ["10.244.0.1"], "conditions": ["ready": true]]],
            "ports": [["port": 8080, "protocol": "TCP", "name": ""]],
        ]
        slice.set(service.map { ["kubernetes.io/service-name": .string($0)] }, at: "metadata", "labels")
        return EndpointSliceView(slice)
    }

    private static func isServed(_ address: String, _ table: RoutingTable) throws -> Bool {
        let packet = Packet(
            from: .node("n1"), to: .address(try #require(IPAddress(address))),
            port: 80, .tcp)
        var connections = ConnectionTable()
        var random = SplitMix64(seed: 1)
        if case .delivered = table.route(packet, &connections, at: 0, using: &random).outcome { return true }
        return false
    }

    @Test func aSliceLeavesTheServiceThatItBelongedTo() throws {
        var table = RoutingTable(RoutingSettings(clusterCIDRs: [], serviceCIDRs: [], clusterDomain: "cluster.local"))
        table.set(
            NodeView([
                "metadata": ["name": "n1"], "status": ["addresses": [["type": "InternalIP", "address": "10.0.0.1"]]],
            ]))
        table.set(Self.service("a", "10.96.0.1"))
        table.set(Self.service("b", "10.96.0.2"))
        func served() throws -> [Bool] { try ["10.96.0.1", "10.96.0.2"].map { try Self.isServed($0, table) } }
        table.set(Self.slice(of: "a"))
        #expect(try served() == [true, false])
        table.set(Self.slice(of: "b"))
        #expect(try served() == [false, true])
        table.set(Self.slice(of: nil))
        #expect(try served() == [false, false])
        table.set(Self.slice(of: "a"))
        table.removeSlice(ObjectName(namespace: "n", name: "s"))
        #expect(try served() == [false, false])
    }
}
