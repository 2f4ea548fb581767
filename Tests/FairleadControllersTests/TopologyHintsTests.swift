import FairleadClientTesting
import FairleadModel
import Testing

@testable import FairleadControllers

/// Hints of the annotation topology-mode: Auto (KEP-2433).
struct TopologyHintsTests {
    private func endpoint(_ number: Int, zone: String, ready: Bool = true, hint: String? = nil) -> Value {
        var endpoint: Object = [
            "addresses": ["10.0.0.\(number)"].value, "conditions": ["ready": .bool(ready)], "zone": .string(zone),
        ]
        if let hint { endpoint["hints"] = ["forZones": .array([["name": .string(hint)]])] }
        return .object(endpoint)
    }

    private func slice(_ name: String, _ endpoints: [Value]) -> Value {
        ["metadata": ["name": .string(name)], "addressType": "IPv4", "endpoints": .array(endpoints)]
    }

    private func hints(_ slices: [Value]) -> [String] {
        slices.flatMap { EndpointSliceView($0).endpoints }.map { $0.hintZones.joined() }
    }

    private let even = ZoneCapacity(shares: ["a": 0.5, "b": 0.5])

    @Test func everyEndpointServesItsZoneWhereThatIsFair() {
        var creates = [slice("", (0..<4).map { endpoint($0, zone: $0 % 2 == 0 ? "a" : "b") })]
        var updates: [Value] = []
        let outcome = TopologyHints.apply(even, creates: &creates, updates: &updates, unchanged: [])
        #expect(outcome == .allocated(["a": 2, "b": 2]))
        #expect(hints(creates) == ["a", "b", "a", "b"])
    }

    @Test func aZoneWithTooManyGivesToOneWithTooFew() {
        var creates = [slice("", (0..<6).map { endpoint($0, zone: $0 < 5 ? "a" : "b") })]
        var updates: [Value] = []
        let outcome = TopologyHints.apply(even, creates: &creates, updates: &updates, unchanged: [])
        #expect(outcome == .allocated(["a": 3, "b": 3]))
        #expect(hints(creates).filter { $0 == "b" }.count == 3)
    }

    @Test func unreadyEndpointsNeitherCountNorGetHints() {
        var creates = [
            slice("", [endpoint(1, zone: "a"), endpoint(2, zone: "b"), endpoint(3, zone: "b", ready: false)])
        ]
        var updates: [Value] = []
        _ = TopologyHints.apply(even, creates: &creates, updates: &updates, unchanged: [])
        #expect(hints(creates) == ["a", "b", ""])
    }

    @Test func slicesWithFittingHintsAreLeftAlone() {
        let kept = slice("kept", [endpoint(1, zone: "a", hint: "a"), endpoint(2, zone: "b", hint: "b")])
        let strange = slice("strange", [endpoint(3, zone: "a", hint: "c"), endpoint(4, zone: "b", hint: "b")])
        var creates: [Value] = []
        var updates: [Value] = []
        let outcome = TopologyHints.apply(even, creates: &creates, updates: &updates, unchanged: [kept, strange])
        #expect(outcome == .allocated(["a": 2, "b": 2]))
        #expect(updates.map(\.name) == ["strange"] && hints(updates) == ["a", "b"])
    }

    @Test(arguments: [
        (
            ZoneCapacity(shares: nil), 4,
            "Insufficient Node information: allocatable CPU or zone not specified on one or more nodes"
        ),
        (ZoneCapacity(shares: ["a": 0.5, "b": 0.5]), 1, "Insufficient number of endpoints (1 endpoints, 2 zones)"),
        (
            ZoneCapacity(shares: ["a": 0.34, "b": 0.33, "c": 0.33]), 4,
            "Unable to allocate minimum required endpoints to each zone without exceeding overload threshold (4 endpoints, 3 zones)"
        ),
    ])
    func withoutAFairAllocationAllHintsGo(_ capacity: ZoneCapacity, _ count: Int, _ why: String) {
        let held = slice("held", (0..<count).map { endpoint($0, zone: "a", hint: "a") })
        var creates: [Value] = []
        var updates: [Value] = []
        let outcome = TopologyHints.apply(capacity, creates: &creates, updates: &updates, unchanged: [held])
        #expect(outcome == .refused(why))
        #expect(updates.count == 1 && hints(updates).allSatisfy(\.isEmpty))
    }

    @Test func zonesShareByTheCPUsOfReadyNodes() {
        func node(_ name: String, _ zone: String, _ cpu: String, ready: String = "True") -> NodeView {
            var node = ServiceFixture.node(name, zone: zone, ready: ready)
            node.set(["cpu": .string(cpu)], at: "status", "allocatable")
            return NodeView(node)
        }
        let nodes = [
            node("1", "a", "1"), node("2", "a", "500m"), node("3", "b", "500m"), node("4", "c", "9", ready: "False"),
        ]
        #expect(ZoneCapacity(nodes: nodes).shares == ["a": 0.75, "b": 0.25])
        #expect(ZoneCapacity(nodes: Array(nodes.prefix(2))).shares == nil)
        #expect(ZoneCapacity(nodes: nodes + [NodeView(ServiceFixture.node("5", zone: "a"))]).shares == nil)
        #expect(even.isOverloaded(["a": 5, "b": 1]) && !even.isOverloaded(["a": 3, "b": 3]))
    }

    @Test func theAnnotationGoesBeforeTheFieldAndItsHintsCauseNoWrites() throws {
        var service = ServiceFixture.service(spec: [("trafficDistribution", "PreferSameZone")])
        service.annotations = ["service.kubernetes.io/topology-mode": "Auto"]
        func plan(_ slices: [StoredObject]) -> EndpointSliceReconciler.Plan {
            EndpointSliceReconciler(
                .init(
                    service: ServiceView(service),
                    pods: (1...4).map {
                        PodView(ServiceFixture.pod("p\($0)", ip: "10.0.0.\($0)", node: $0 < 3 ? "n1" : "n2"))
                    },
                    slices: slices,
                    node: { NodeView(ServiceFixture.node($0, zone: $0 == "n1" ? "a" : "b")) }, trigger: nil,
                    capacity: even)
            ).plan()
        }
        let first = plan([])
        #expect(hints(first.slices.creates) == ["a", "a", "b", "b"])
        #expect(first.topology == ["IPv4": .allocated(["a": 2, "b": 2])])
        var made = try #require(first.slices.creates.first)
        made.name = "s-1"
        let key = ObjectKey(GroupVersionResource.endpointSlices.groupResource, namespace: "ns", name: "s-1")
        let stored = StoredObject(key: key, document: Document(made), revision: 1, createRevision: 1)
        #expect(plan([stored]).slices.isEmpty)
    }
}

extension [String] {
    fileprivate var value: Value { .array(map { .string($0) }) }
}
