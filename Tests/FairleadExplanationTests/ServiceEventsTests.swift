import FairleadClient
import FairleadClientTesting
import FairleadModel
import Testing

@testable import FairleadExplanation

/// The controller as it runs, against a server of a few lines: which Events Services get, and how often.
@Suite(.timeLimit(.minutes(1)))
struct ServiceEventsTests {
    typealias Case = ExplanationCase

    /// What the tests need of a running controller.
    private final class Cluster: Sendable {
        let client = InMemoryClient()
        let clock = ManualClock()
        let informers: InformerSet

        init() { informers = InformerSet(client: client, clock: clock) }

        /// Events are named after the time at which they were first seen.
        var environment: Environment {
            Environment(
                now: { [clock] in Timestamp(seconds: 1_767_225_600 + clock.now.components.seconds) },
                newUID: { "new-uid" }, randomSuffix: { _ in "xxxxx" })
        }

        /// Writes the objects and lets time pass until the controller has looked at whatever they concern: it looks at
        /// keys in the order in which they fall due, and a Service that is certain to get an Event is the last.
        func put(_ objects: (GroupVersionResource, Value)...) async throws {
            for (resource, object) in objects { await put(resource, object) }
            clock.advance(by: .seconds(9))
            let probe = "probe-\(clock.now.components.seconds)"
            await put(
                .services,
                ServiceFixture.service(
                    probe, selector: nil, ports: [["port": 80, "targetPort": 81]],
                    spec: [("type", "ExternalName"), ("externalName", "example.com")]))
            clock.advance(by: .seconds(9))
            try #require(await eventually { !events(about: probe).isEmpty })
        }

        private func put(_ resource: GroupVersionResource, _ object: Value) async {
            let version = client.put(resource, object).resourceVersion
            let lister = informers.lister(resource)
            let name = ObjectName(namespace: object.namespace, name: object.name)
            _ = await eventually { lister.get(name)?.value.resourceVersion == version }
            // Handlers run in their order: when this one has been called, the controller's have been.
            let seen = Sightings<Bool>()
            informers.informer(resource).addHandler { if $0.name == name { seen.see(true) } }
            _ = await seen.next(1)
        }

        func events(about service: String) -> [Value] {
            client.objects(.events).filter { $0.at("involvedObject", "name")?.string == service }
        }

        /// The Events of the Service `web`, as `Warning NoPods x1`, in alphabetical order.
        var told: [String] {
            events(about: "web").map {
                "\($0.text("type")) \($0.text("reason")) x\($0["count"]?.int ?? 0)"
            }.sorted()
        }
    }

    private func withCluster(_ body: (Cluster) async throws -> Void) async throws {
        let cluster = Cluster()
        let controller = ServiceExplanationController.descriptor.make(
            ControllerContext(
                informers: cluster.informers, environment: cluster.environment, clock: cluster.clock),
            .init(
                loadBalancers: .pools(["default: 192.0.2.1"]),
                annotations: .init(ready: "fairlead.dev/ready", down: "fairlead.dev/down")))
        try await withThrowingTaskGroup(of: Void.self) { group in
            group.addTask { await cluster.informers.run() }
            group.addTask { await controller.run() }
            await cluster.informers.waitForSync()
            try await body(cluster)
            group.cancelAll()
        }
    }

    private static func slice(_ endpoints: Value...) -> (GroupVersionResource, Value) {
        var slice = Case.slice(endpoints)
        slice["metadata"] = [
            "name": "web-1", "namespace": "ns", "labels": [EndpointSliceView.serviceNameLabel: "web"],
        ]
        slice["ports"] = [["name": "", "port": 80, "protocol": "TCP"]]
        return (.endpointSlices, slice)
    }

    private static func endpoint(_ pod: String, node: String, hint: String? = nil, ready: Bool = true) -> Value {
        var endpoint = Case.endpoint("10.0.0.1", node: node, zone: hint, hint: ready ? hint : nil, ready: ready)
        endpoint["targetRef"] = ["kind": "Pod", "namespace": "ns", "name": .string(pod), "uid": .string("uid-\(pod)")]
        return endpoint
    }

    private static func node(_ name: String, zone: String? = nil, excluded: Bool = false) -> (
        GroupVersionResource, Value
    ) {
        var node = ServiceFixture.node(name, zone: zone)
        if excluded { node.set("", at: "metadata", "labels", NodeView.balancerExclusionLabel) }
        return (.nodes, node)
    }

    private static var balancer: Value {
        var service = Case.balancer(("externalTrafficPolicy", "Local"))
        service.set([["ip": "192.0.2.1"]], at: "status", "loadBalancer", "ingress")
        return service
    }

    @Test func aLocalServiceThatBalancersCannotReachIsToldOnceHoweverItsPodsFlip() async throws {
        try await withCluster { cluster in
            try await cluster.put(
                Self.node("n1"), Self.node("cp", excluded: true), (.pods, Case.pod("a", node: "cp")),
                (.services, Self.balancer), Self.slice(Self.endpoint("a", node: "cp")))
            let once = ["Warning NoLocalEndpointForExternalTraffic x1"]
            #expect(cluster.told == once)
            for _ in 1...3 {
                try await cluster.put(Self.slice(Self.endpoint("a", node: "cp", ready: false)))
                try await cluster.put(Self.slice(Self.endpoint("a", node: "cp")))
            }
            #expect(cluster.told == once)
            try await cluster.put(
                (.pods, Case.pod("b", node: "n1")),
                Self.slice(Self.endpoint("a", node: "cp"), Self.endpoint("b", node: "n1")))
            #expect(cluster.told == once)
            // What breaks anew is told anew.
            try await cluster.put(Self.slice(Self.endpoint("a", node: "cp")))
            #expect(cluster.told == ["Warning NoLocalEndpointForExternalTraffic x2"])
        }
    }

    @Test func aNodeThatBalancersLeaveOutFromNowOnIsNoticed() async throws {
        try await withCluster { cluster in
            try await cluster.put(
                Self.node("n1"), Self.node("n2"), (.pods, Case.pod("a")), (.services, Self.balancer),
                Self.slice(Self.endpoint("a", node: "n1")))
            #expect(cluster.told.isEmpty)
            try await cluster.put(Self.node("n1", excluded: true))
            #expect(cluster.told == ["Warning NoLocalEndpointForExternalTraffic x1"])
        }
    }

    @Test func aZoneThatHintsLeaveOutIsToldWithoutAlarm() async throws {
        try await withCluster { cluster in
            func flip(_ ready: Bool) -> (GroupVersionResource, Value) {
                Self.slice(Self.endpoint("a", node: "n1", hint: "a", ready: ready))
            }
            try await cluster.put(
                Self.node("n1", zone: "a"), (.pods, Case.pod("a")),
                (.services, Case.service(("trafficDistribution", "PreferClose"))), flip(true))
            #expect(cluster.told.isEmpty)
            // The second zone comes when everything else is there already.
            try await cluster.put(Self.node("n2", zone: "b"))
            #expect(cluster.told == ["Normal ZoneWithoutHintedEndpoints x1"])
            for _ in 1...3 {
                try await cluster.put(flip(false))
                try await cluster.put(flip(true))
            }
            #expect(cluster.told == ["Normal ZoneWithoutHintedEndpoints x1"])
        }
    }

    /// A rollout replaces pods while the slice has a ready endpoint all the time.
    @Test func aRolloutToPodsThatListenElsewhereIsNoticed() async throws {
        func pod(_ name: String, port: Int64) -> (GroupVersionResource, Value) {
            (.pods, Case.pod(name, ports: [["containerPort": .int(port)]]))
        }
        try await withCluster { cluster in
            try await cluster.put(
                Self.node("n1"), (.services, Case.service()), pod("a", port: 80),
                Self.slice(Self.endpoint("a", node: "n1")))
            #expect(cluster.told.isEmpty)
            var gone = pod("a", port: 80)
            gone.1.set("Failed", at: "status", "phase")
            try await cluster.put(gone, pod("b", port: 8080), Self.slice(Self.endpoint("b", node: "n1")))
            #expect(cluster.told == ["Warning NothingListensOnTargetPort x1"])
            try await cluster.put(pod("c", port: 80), Self.slice(Self.endpoint("c", node: "n1")))
            #expect(cluster.told == ["Warning NothingListensOnTargetPort x1"])
        }
    }

    @Test func portsOfAnAliasAreAnAlarmOnlyIfTheyPromiseATranslation() async throws {
        func alias(_ target: Int64) -> (GroupVersionResource, Value) {
            (.services, Case.alias(ports: [["port": 80, "protocol": "TCP", "targetPort": .int(target)]]))
        }
        try await withCluster { cluster in
            try await cluster.put(alias(80))
            #expect(cluster.told == ["Normal ExternalNamePortsIgnored x1"])
            try await cluster.put(alias(8080))
            #expect(
                cluster.told == ["Normal ExternalNamePortsIgnored x1", "Warning ExternalNamePortNotMapped x1"])
            try await cluster.put((.services, Case.alias(ports: [])))
            #expect(cluster.told.count == 2)
        }
    }

    @Test(arguments: [
        ("Cluster", [("type", "NodePort")]),
        ("Local on one of two nodes", [("type", "NodePort"), ("externalTrafficPolicy", "Local")]),
        ("Local inside", [("internalTrafficPolicy", "Local")]),
        ("hinted", [("trafficDistribution", "PreferSameNode")]),
        ("headless", [("clusterIP", "None")]),
        ("alias", [("type", "ExternalName"), ("externalName", "example.com")]),
    ])
    func aServiceThatWorksGetsNoEvent(_ name: String, _ spec: [(String, String)]) async throws {
        var service = Case.service()
        for (field, value) in spec { service.set(.string(value), at: "spec", field) }
        if name == "alias" { service.set(nil, at: "spec", "ports") }
        try await withCluster { cluster in
            try await cluster.put(
                Self.node("n1", zone: "a"), Self.node("n2", zone: "a"),
                (.pods, Case.pod("a", ports: [["containerPort": 80]])), (.services, service),
                Self.slice(Self.endpoint("a", node: "n1", hint: "a")))
            #expect(cluster.told.isEmpty)
        }
    }
}
