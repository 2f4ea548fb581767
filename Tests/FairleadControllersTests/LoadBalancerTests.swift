import FairleadClient
import FairleadClientTesting
import FairleadModel
import Testing

@testable import FairleadControllers

struct LoadBalancerTests {
    private func key(_ name: String) -> ObjectName { ObjectName(namespace: "ns", name: name) }

    private func balancer(
        _ name: String, spec: [(String, Value)] = [], annotations: [String: String] = [:], port: Int64 = 80
    ) -> ServiceView {
        var service = ServiceFixture.service(
            name, ports: [["port": .int(port), "protocol": "TCP"]], spec: [("type", "LoadBalancer")] + spec)
        service.annotations = annotations
        return ServiceView(service)
    }

    private func book(_ pools: String...) throws -> AddressBook {
        AddressBook(try pools.map { try LoadBalancerPool($0) })
    }

    /// The addresses given, or why there are none.
    private func give(_ service: ServiceView, _ book: inout AddressBook, className: String? = nil) -> String {
        switch LoadBalancerReconciler.plan(service, key: key(service.name), className: className, book: &book) {
        case .nothing: "nothing"
        case .cleanUp: "clean up"
        case .ensure(let addresses, _): addresses.map(\.description).joined(separator: " ")
        case .fail(let refusal): refusal.message
        }
    }

    @Test func poolsAreCIDRsRangesAndAddressesUsedInOrder() throws {
        var book = try book("192.0.2.0/30,192.0.2.9-192.0.2.10,fd00::5")
        let given = (0..<5).map { give(balancer("s\($0)"), &book) }
        #expect(given == ["192.0.2.1", "192.0.2.2", "192.0.2.9", "192.0.2.10", "no free IPv4 address is left"])
        #expect(give(balancer("v6", spec: [("ipFamilies", ["IPv6"])]), &book) == "fd00::5")
        book.release(key("s1"))
        #expect(give(balancer("t"), &book) == "192.0.2.2")
    }

    @Test(arguments: [
        "192.0.2.0/33", "", "a=", "a_b=192.0.2.1", "192.0.2.9-192.0.2.1", "192.0.2.1,priority=x", "192.0.2.1,size=2",
        "192.0.2.1,auto-assign=maybe", "192.0.2.1-fd00::1", "priority=1",
    ])
    func wrongPoolsAreRefused(_ text: String) {
        #expect(throws: LoadBalancerPool.ParseError.self) { try LoadBalancerPool(text) }
    }

    @Test func aPoolSaysItsNameAndOptions() throws {
        let pool = try LoadBalancerPool("public=192.0.2.0/24,2001:db8::/120,priority=10,auto-assign=off")
        #expect(pool.name == "public" && pool.priority == 10 && !pool.autoAssigns)
        #expect(pool.size == 254 + 256)
        let last = try #require(IPAddress("2001:db8::ff"))
        #expect(pool.hasFamily("IPv6") && pool.contains(last))
        #expect(try LoadBalancerPool("192.0.2.1", defaultName: "x").name == "x")
    }

    @Test func aServiceNamesItsPoolAndTheHighestPriorityComesFirst() throws {
        var book = try book("low=192.0.2.1", "high=192.0.2.2,priority=5", "own=192.0.2.3,auto-assign=off")
        let asked = [LoadBalancerTerms.poolAnnotation: "own"]
        #expect(give(balancer("a"), &book) == "192.0.2.2")
        #expect(give(balancer("b"), &book) == "192.0.2.1")
        #expect(
            give(balancer("c"), &book)
                == "no free IPv4 address is left; pool \"own\" has some for Services with the annotation "
                + "fairlead.dev/load-balancer-pool: own")
        #expect(give(balancer("d", annotations: asked), &book) == "192.0.2.3")
        #expect(give(balancer("c"), &book) == "no free IPv4 address is left")
        #expect(
            give(balancer("e", annotations: [LoadBalancerTerms.poolAnnotation: "none"]), &book)
                == "there is no pool \"none\"")
    }

    @Test func anAddressCanBeAskedForByFieldAndByAnnotationInBothFamilies() throws {
        var book = try book("192.0.2.1-192.0.2.9,fd00::1-fd00::9", "own=198.51.100.1,auto-assign=off")
        #expect(give(balancer("a", spec: [("loadBalancerIP", "192.0.2.4")]), &book) == "192.0.2.4")
        #expect(
            give(balancer("b", spec: [("loadBalancerIP", "192.0.2.4")]), &book)
                == "address 192.0.2.4 is in use by service ns/a")
        #expect(
            give(balancer("c", spec: [("loadBalancerIP", "203.0.113.1")]), &book) == "address 203.0.113.1 is in no pool"
        )
        #expect(give(balancer("d", spec: [("loadBalancerIP", "198.51.100.1")]), &book) == "198.51.100.1")
        let both = balancer(
            "e", spec: [("ipFamilies", ["IPv6", "IPv4"])],
            annotations: [LoadBalancerTerms.addressesAnnotation: "192.0.2.5, fd00::7"])
        #expect(give(both, &book) == "fd00::7 192.0.2.5")
        let wrong = balancer("f", annotations: [LoadBalancerTerms.addressesAnnotation: "here"])
        #expect(give(wrong, &book) == "\"here\" is no address")
    }

    @Test func servicesShareAnAddressOnlyWithTheSameKeyAndOtherPorts() throws {
        var book = try book("192.0.2.1-192.0.2.3")
        let shared = [LoadBalancerTerms.sharingAnnotation: "web"]
        #expect(give(balancer("a", annotations: shared), &book) == "192.0.2.1")
        #expect(give(balancer("b", annotations: shared, port: 443), &book) == "192.0.2.1")
        // Its port is taken there.
        #expect(give(balancer("c", annotations: shared, port: 443), &book) == "192.0.2.2")
        let other = balancer(
            "d", spec: [("loadBalancerIP", "192.0.2.1")], annotations: [LoadBalancerTerms.sharingAnnotation: "x"],
            port: 8080)
        #expect(give(other, &book) == "address 192.0.2.1 is in use by service ns/a")
        // Free only when the last holder has gone.
        book.release(key("a"))
        #expect(
            give(balancer("e", spec: [("loadBalancerIP", "192.0.2.1")]), &book)
                == "address 192.0.2.1 is in use by service ns/b")
        book.release(key("b"))
        #expect(give(balancer("e", spec: [("loadBalancerIP", "192.0.2.1")]), &book) == "192.0.2.1")
    }

    @Test func trafficThatStaysOnItsNodeSharesOnlyWithTheSamePods() throws {
        var book = try book("192.0.2.1-192.0.2.9")
        let shared = [LoadBalancerTerms.sharingAnnotation: "web"]
        func local(_ name: String, app: Value, port: Int64) -> ServiceView {
            balancer(
                name, spec: [("externalTrafficPolicy", "Local"), ("selector", ["app": app])], annotations: shared,
                port: port)
        }
        #expect(give(local("a", app: "web", port: 80), &book) == "192.0.2.1")
        #expect(give(local("b", app: "web", port: 443), &book) == "192.0.2.1")
        #expect(give(local("c", app: "other", port: 8080), &book) == "192.0.2.2")
        #expect(give(balancer("d", annotations: shared, port: 8443), &book) == "192.0.2.3")
    }

    @Test func twoFamiliesGetTwoAddressesWhereThereAre() throws {
        var book = try book("192.0.2.1-192.0.2.3")
        let prefer = balancer(
            "a", spec: [("ipFamilies", ["IPv4", "IPv6"]), ("ipFamilyPolicy", "PreferDualStack")])
        #expect(give(prefer, &book) == "192.0.2.1")
        let require = balancer(
            "b", spec: [("ipFamilies", ["IPv4", "IPv6"]), ("ipFamilyPolicy", "RequireDualStack")])
        #expect(give(require, &book) == "no pool has IPv6 addresses to assign")
    }

    @Test func aWrittenAddressIsKeptAndAHostNameSpellsIt() throws {
        var book = try book("192.0.2.1-192.0.2.9,fd00::/120,hostname-suffix=lb.test")
        let plan = LoadBalancerReconciler.plan(
            balancer("a", spec: [("ipFamilies", ["IPv4", "IPv6"])]), key: key("a"), className: nil, book: &book)
        let ingress: [Value] = [["hostname": "192-0-2-1.lb.test"], ["hostname": "fd00--0.lb.test"]]
        guard case .ensure(_, let shown) = plan else {
            Issue.record("\(plan)")
            return
        }
        #expect(shown == ingress)
        // Another process, which knows only what is written.
        var later = try self.book("192.0.2.1-192.0.2.9,fd00::/120,hostname-suffix=lb.test")
        var written = balancer("a", spec: [("ipFamilies", ["IPv4", "IPv6"])]).value
        written.set(.array(ingress), at: "status", "loadBalancer", "ingress")
        written.finalizers = [LoadBalancerReconciler.finalizer]
        later.adopt(LoadBalancerRequest(ServiceView(written), owner: key("a")))
        #expect(give(balancer("b"), &later) == "192.0.2.2")
        #expect(give(ServiceView(written), &later) == "nothing")
    }

    @Test func classesOfOthersAndOtherTypesAreLeftAlone() throws {
        var book = try book("192.0.2.1")
        let foreign = balancer("a", spec: [("loadBalancerClass", "example.com/x")])
        #expect(give(foreign, &book) == "nothing")
        #expect(give(foreign, &book, className: "example.com/x") == "192.0.2.1")
        var changed = ServiceFixture.service("a")
        #expect(give(ServiceView(changed), &book) == "nothing")
        changed.finalizers = [LoadBalancerReconciler.finalizer]
        #expect(give(ServiceView(changed), &book) == "clean up")
    }
}
