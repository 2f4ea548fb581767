import FairleadClient
import FairleadClientTesting
import FairleadModel
import Synchronization
import Testing

@testable import FairleadControllers

/// The controllers as they run, against a server of a few lines.
@Suite(.timeLimit(.minutes(1)))
struct ServiceControllersTests {
    private func run(
        _ client: InMemoryClient, clock: ManualClock = ManualClock(),
        _ make: (InformerSet) throws -> any Controller, _ body: (InformerSet) async throws -> Void
    ) async throws {
        let informers = InformerSet(client: client, clock: clock)
        let controller = try make(informers)
        try await withThrowingTaskGroup(of: Void.self) { group in
            group.addTask { await informers.run() }
            group.addTask { await controller.run() }
            await informers.waitForSync()
            try await body(informers)
            group.cancelAll()
        }
    }

    /// Waits until an object of the resource satisfies the condition.
    private func wait(
        _ informers: InformerSet, _ resource: GroupVersionResource, until: @escaping @Sendable (ObjectChange) -> Bool
    ) async {
        let seen = Sightings<Bool>()
        informers.informer(resource).addHandler { if until($0) { seen.see(true) } }
        _ = await seen.next(1)
    }

    @Test func aPodsFlipWritesOneSliceOnce() async throws {
        let client = InMemoryClient()
        client.put(.nodes, ServiceFixture.node())
        client.put(.services, ServiceFixture.service())
        client.put(.services, ServiceFixture.service("other", selector: ["app": "b"]))
        client.put(.pods, ServiceFixture.pod("p"))
        try await run(
            client,
            { EndpointSliceController.descriptor.make($0, ServiceFixture.environment, clock: ManualClock()) }
        ) { informers in
            await wait(informers, .endpointSlices) { change in
                change.new.map { EndpointSliceView($0).endpoints.first?.isReady == true } ?? false
            }
            await wait(informers, .endpointSlices) { $0.new.map { EndpointSliceView($0).serviceName } == "other" }
            client.forgetActions()
            client.put(.pods, ServiceFixture.pod("p", ready: false))
            await wait(informers, .endpointSlices) { change in
                change.new.map { EndpointSliceView($0).endpoints.first?.isReady == false } ?? false
            }
            let slice = client.objects(.endpointSlices).first { EndpointSliceView($0).serviceName == "s" }
            #expect(client.actions == ["update endpointslices ns/\(slice?.name ?? "")"])
        }
        #expect(client.objects(.endpointSlices).count == 2)
    }

    /// A change that comes alone is served at once; those that follow closely, together.
    @Test(arguments: [EndpointSliceController.descriptor, EndpointsController.descriptor])
    func aStormOfChangesCostsAFewLooks(descriptor: ControllerDescriptor<ControllerSettings>) async throws {
        let client = InMemoryClient()
        let clock = ManualClock()
        func flip(_ number: Int, ready: Bool) {
            client.put(.pods, ServiceFixture.pod("p\(number)", ip: "10.0.0.\(number)", ready: ready))
        }
        /// How many endpoints are ready.
        @Sendable func ready(_ change: ObjectChange) -> Int? {
            guard let object = change.new else { return nil }
            return EndpointSliceView(object).endpoints.count { $0.isReady }
                + object.value.items("subsets").reduce(0) { $0 + $1.items("addresses").count }
        }
        let isSlices = descriptor.name == EndpointSliceController.descriptor.name
        let resource: GroupVersionResource = isSlices ? .endpointSlices : .endpoints
        client.put(.nodes, ServiceFixture.node())
        client.put(.services, ServiceFixture.service())
        for number in 1...20 { flip(number, ready: true) }
        let make = { (informers: InformerSet) in
            descriptor.make(informers, ServiceFixture.environment, clock: clock)
        }
        try await run(client, clock: clock, make) { informers in
            await wait(informers, resource) { ready($0) == 20 }
            clock.advance(by: .seconds(1))
            client.forgetActions()
            flip(1, ready: false)
            await wait(informers, resource) { ready($0) == 19 }
            for number in 2...20 { flip(number, ready: false) }
            await wait(informers, .pods) { $0.name.name == "p20" && $0.new.map { PodView($0).isReady } == false }
            clock.advance(by: .seconds(1))
            await wait(informers, resource) { ready($0) == 0 }
            #expect(client.actions.count { $0.hasPrefix("update") } == 2)
        }
    }

    @Test func aTamperedOrDeletedSliceIsMadeGoodAgain() async throws {
        let client = InMemoryClient()
        client.put(.nodes, ServiceFixture.node())
        client.put(.services, ServiceFixture.service())
        client.put(.pods, ServiceFixture.pod("p"))
        try await run(
            client,
            { EndpointSliceController.descriptor.make($0, ServiceFixture.environment, clock: ManualClock()) }
        ) { informers in
            await wait(informers, .endpointSlices) { $0.new != nil }
            var slice = client.objects(.endpointSlices)[0]
            slice["endpoints"] = .null
            let tampered = client.put(.endpointSlices, slice).resourceVersion ?? 0
            await wait(informers, .endpointSlices) { change in
                change.new.map { $0.revision > tampered && !EndpointSliceView($0).endpoints.isEmpty } ?? false
            }
            try await client.delete(.endpointSlices, namespace: "ns", name: slice.name)
            let deleted = slice.name
            await wait(informers, .endpointSlices) { $0.new != nil && $0.new?.key.name != deleted }
        }
        #expect(client.objects(.endpointSlices).count == 1)
    }

    @Test func endpointsComeAndGoWithTheirService() async throws {
        let client = InMemoryClient()
        client.put(.pods, ServiceFixture.pod("p"))
        try await run(
            client,
            { EndpointsController.descriptor.make($0, ServiceFixture.environment, clock: ManualClock()) }
        ) { informers in
            client.put(.services, ServiceFixture.service())
            await wait(informers, .endpoints) { $0.new?.value.items("subsets").count == 1 }
            try await client.delete(.services, namespace: "ns", name: "s")
            await wait(informers, .endpoints) { $0.isDeletion }
        }
    }

    @Test func aLoadBalancerWaitsForAnAddressAndGetsTheNextThatIsFreed() async throws {
        let client = InMemoryClient()
        let type: (String, Value) = ("type", "LoadBalancer")
        client.put(.services, ServiceFixture.service("a", spec: [type]))
        let pool = try LoadBalancerPool("192.0.2.7")
        let make = { (informers: InformerSet) in
            LoadBalancerController.descriptor.make(informers, ServiceFixture.environment, clock: ManualClock()) {
                $0.loadBalancerPools = [pool]
            }
        }
        try await run(client, make) { informers in
            await wait(informers, .services) { $0.new.map { ServiceView($0).ingressIPs } == ["192.0.2.7"] }
            client.put(.services, ServiceFixture.service("b", spec: [type]))
            await wait(informers, .services) { change in
                change.new.map { ServiceView($0).conditionStatus(LoadBalancerTerms.condition) } == "False"
            }
            var changed = try await client.get(.services, namespace: "ns", name: "a")
            changed.set("ClusterIP", at: "spec", "type")
            try await client.update(.services, changed)
            await wait(informers, .services) { change in
                change.name.name == "b" && change.new.map { ServiceView($0).ingressIPs } == ["192.0.2.7"]
            }
        }
        let a = try await client.get(.services, namespace: "ns", name: "a")
        #expect(ServiceView(a).ingress.isEmpty)
        let b = try await client.get(.services, namespace: "ns", name: "b")
        #expect(b.finalizers == [LoadBalancerReconciler.finalizer])
        #expect(ServiceView(b).condition(LoadBalancerTerms.condition) == nil)
    }

    @Test func aSilentNodeIsTaintedAndItsPodsAreNotReady() async throws {
        let client = InMemoryClient()
        client.put(.nodes, ServiceFixture.node())
        client.put(.pods, ServiceFixture.pod("p", spec: [("tolerations", [["operator": "Exists"]])]))
        let clock = ManualClock()
        let make = { (informers: InformerSet) in
            NodeLifecycleController.descriptor.make(informers, ServiceFixture.environment, clock: clock)
        }
        try await run(client, clock: clock, make) { informers in
            await wait(informers, .nodes) { $0.new?.value.annotations["node.alpha.kubernetes.io/ttl"] == "0" }
            // Another one is heard all the while: were nobody, nothing would be driven away.
            for second in 0..<51 {
                let heartbeat = Timestamp(seconds: 1_800_000_000 + Int64(second)).rfc3339
                client.put(.nodes, ServiceFixture.node("n2", heartbeat: heartbeat))
                await clock.step()
            }
            await wait(informers, .nodes) { change in
                change.new.map { NodeView($0).taints.map(\.effect) } == ["NoSchedule", "NoExecute"]
            }
            await wait(informers, .pods) { $0.new.map { PodView($0).isReady } == false }
            client.put(
                .leases,
                [
                    "metadata": ["name": "n1", "namespace": "kube-node-lease"], "spec": ["renewTime": "x"],
                ])
            client.put(.nodes, ServiceFixture.node(taints: [], heartbeat: "2026-01-01T00:01:00Z"))
            await wait(informers, .nodes) { change in
                change.new.map { NodeView($0).isReady && NodeView($0).taints.isEmpty } ?? false
            }
        }
    }

    @Test func theBootstrapMakesWhatIsMissingAndNothingElse() async throws {
        let client = InMemoryClient()
        let configuration = Bootstrap.Configuration(
            serviceCIDRs: ["10.96.0.0/16"], serverPort: 6443, advertiseAddress: "192.0.2.1")
        let bootstrap = Bootstrap(client: client, configuration: configuration, environment: ServiceFixture.environment)
        try await bootstrap.run { what, refusal in Issue.record("\(what): \(refusal.message)") }
        #expect(
            client.objects(.namespaces).map(\.name) == ["default", "kube-node-lease", "kube-public", "kube-system"])
        #expect(client.objects(.services).map { ServiceView($0).clusterIP } == ["10.96.0.1"])
        #expect(client.objects(.endpointSlices).map(\.name) == ["kubernetes"])
        client.forgetActions()
        try await bootstrap.run { what, refusal in Issue.record("\(what): \(refusal.message)") }
        #expect(client.actions.isEmpty)
    }

    /// Somebody has changed the ranges, say: a start that fails would be the end of all that is stored.
    @Test func whatTheClusterRefusesDoesNotKeepItFromStarting() async throws {
        let client = InMemoryClient()
        let configuration = Bootstrap.Configuration(
            serviceCIDRs: ["10.96.0.0/16"], serverPort: 6443, advertiseAddress: "192.0.2.1")
        let bootstrap = Bootstrap(client: client, configuration: configuration, environment: ServiceFixture.environment)
        let refusal = APIStatus(code: 422, reason: "Invalid", message: "failed to allocate IP 10.96.0.1")
        client.failNext("create services", refusal)
        let reported = Mutex<[String]>([])
        try await bootstrap.run { what, _ in reported.withLock { $0.append(what) } }
        #expect(reported.withLock { $0 } == ["the Service kubernetes"])
        #expect(client.objects(.services).isEmpty)
        #expect(client.objects(.endpointSlices).map(\.name) == ["kubernetes"])
        client.failNext("create services", APIStatus(code: 500, reason: "", message: "disk"))
        await #expect(throws: APIStatus.self) { try await bootstrap.run { _, _ in } }
    }
}
