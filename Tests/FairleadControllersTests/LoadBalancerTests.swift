import FairleadClient
import FairleadModel
import Testing

@testable import FairleadControllers

struct LoadBalancerTests {
    private func key(_ name: String) -> ObjectName { ObjectName(namespace: "ns", name: name) }

    private func balancer(_ name: String, spec: [(String, Value)] = []) -> ServiceView {
        ServiceView(ServiceFixture.service(name, spec: [("type", "LoadBalancer")] + spec))
    }

    private func plan(
        _ service: ServiceView, className: String? = nil, _ pool: inout AddressPool
    ) -> LoadBalancerReconciler.Plan {
        LoadBalancerReconciler.plan(service, key: key(service.name), className: className, pool: &pool)
    }

    private func address(_ text: String) -> IPAddress { IPAddress(text) ?? IPAddress(bits: 0, isIPv4: true) }

    @Test func poolsAreCIDRsRangesAndAddresses() throws {
        var pool = try AddressPool(["192.0.2.0/30", "192.0.2.9-192.0.2.10", "fd00::5"])
        let given = try (0..<4).map { try pool.allocate("IPv4", for: key("s\($0)")).description }
        #expect(given == ["192.0.2.1", "192.0.2.2", "192.0.2.9", "192.0.2.10"])
        let sixth = try pool.allocate("IPv6", for: key("s"))
        #expect(sixth == address("fd00::5"))
        #expect(throws: AddressPool.Refusal.exhausted(family: "IPv4")) { try pool.allocate("IPv4", for: key("t")) }
        pool.release(key("s1"))
        let freed = try pool.allocate("IPv4", for: key("t"))
        #expect(freed == address("192.0.2.2"))
        #expect(throws: AddressPool.ParseError.self) { try AddressPool(["192.0.2.0/33"]) }
    }

    @Test func anAddressInUseIsNotGivenTwiceAndAWrittenOneIsKept() throws {
        var pool = try AddressPool(["192.0.2.1-192.0.2.9"])
        var written = balancer("a").value
        written.set([["ip": "192.0.2.4", "ipMode": "VIP"]], at: "status", "loadBalancer", "ingress")
        written.set([.string(LoadBalancerReconciler.finalizer)], at: "metadata", "finalizers")
        #expect(plan(ServiceView(written), &pool) == .nothing)
        let asked = balancer("b", spec: [("loadBalancerIP", "192.0.2.4")])
        #expect(plan(asked, &pool) == .fail("address 192.0.2.4 is in use by service ns/a"))
        #expect(plan(balancer("c"), &pool) == .ensure([address("192.0.2.1")]))
    }

    @Test func classesOfOthersAndOtherTypesAreLeftAlone() throws {
        var pool = try AddressPool(["192.0.2.1"])
        let foreign = balancer("a", spec: [("loadBalancerClass", "example.com/x")])
        #expect(plan(foreign, &pool) == .nothing)
        #expect(plan(foreign, className: "example.com/x", &pool) == .ensure([address("192.0.2.1")]))
        var changed = ServiceFixture.service("a")
        #expect(plan(ServiceView(changed), &pool) == .nothing)
        changed.set([.string(LoadBalancerReconciler.finalizer)], at: "metadata", "finalizers")
        #expect(plan(ServiceView(changed), &pool) == .cleanUp)
    }
}
