import FairleadClient
import FairleadClientTesting
import FairleadModel
import Testing

@testable import FairleadControllers

struct ServiceEndpointsTests {
    private func slice(_ name: String, _ revision: Int64) -> StoredObject {
        ServiceFixture.stored(
            .endpointSlices, ["metadata": ["name": .string(name), "namespace": "ns"]], revision: revision)
    }

    private let owner = ObjectName(namespace: "ns", name: "s")

    private func begin(_ tracker: inout WriteTracker) -> Bool { tracker.begin(owner) }

    private func observe(_ tracker: inout WriteTracker, _ change: ObjectChange) -> Bool {
        tracker.observe(change, owner: owner)
    }

    @Test func ownWritesDoNotComeBackWhicheverIsFirst() {
        var tracker = WriteTracker()
        #expect(begin(&tracker))
        // The event is faster than the answer to the write.
        #expect(!observe(&tracker, ObjectChange(old: nil, new: slice("a", 5))))
        let isForeign = tracker.end(owner, wrote: [.init(name: "a", revision: 5), .init(name: "b", revision: 6)])
        #expect(!isForeign)
        // The other way round: until the cache shows b nobody may plan, and then the deferred sync is asked for.
        #expect(!begin(&tracker))
        #expect(observe(&tracker, ObjectChange(old: nil, new: slice("b", 6))))
        #expect(begin(&tracker))
    }

    @Test func otherPeoplesChangesAreNoticedEvenDuringWrites() {
        var tracker = WriteTracker()
        #expect(begin(&tracker))
        _ = tracker.observe(ObjectChange(old: slice("a", 5), new: slice("a", 7)), owner: owner)
        let isForeign = tracker.end(owner, wrote: [.init(name: "a", revision: 6)])
        #expect(isForeign)
        #expect(observe(&tracker, ObjectChange(old: slice("a", 7), new: nil)))
        #expect(begin(&tracker))
        let afterDeletion = tracker.end(owner, wrote: [.init(name: "a", revision: nil)])
        #expect(!afterDeletion)
        #expect(!observe(&tracker, ObjectChange(old: slice("a", 9), new: nil)))
    }

    @Test func theTriggerTimeIsTheOldestChangeNotYetAccountedFor() {
        func pod(_ name: String, _ time: String) -> StoredObject {
            var pod = ServiceFixture.pod(name)
            pod.set(
                [["type": "Ready", "status": "True", "lastTransitionTime": .string(time)]], at: "status", "conditions")
            return ServiceFixture.stored(.pods, pod)
        }
        var times = TriggerTimes()
        let service = ServiceFixture.service()
        let first = times.take(owner, service: service, pods: [pod("a", "2025-12-31T00:00:00Z")])
        #expect(first?.rfc3339 == "2025-12-31T00:00:00Z")
        let again = times.take(owner, service: service, pods: [pod("a", "2025-12-31T00:00:00Z")])
        #expect(again == nil)
        let pods = [pod("a", "2026-01-03T00:00:00Z"), pod("b", "2026-01-02T00:00:00Z")]
        let later = times.take(owner, service: service, pods: pods)
        #expect(later?.rfc3339 == "2026-01-02T00:00:00Z")
        let none = times.take(owner, service: service, pods: [ServiceFixture.stored(.pods, ServiceFixture.pod("c"))])
        #expect(none == nil)
    }

    @Test func subsetsAreOrderedAsRecorded() {
        let service = ServiceFixture.service(ports: [
            ["name": "z", "port": 80, "protocol": "TCP", "appProtocol": "http"],
            ["name": "a", "port": 81, "protocol": "TCP"], ["name": "m", "port": 53, "protocol": "UDP"],
        ])
        let pods = ["10.11.0.9", "10.11.0.10", "10.11.0.2"].map { ip in PodView(ServiceFixture.pod("p", ip: ip)) }
        let (subsets, isTruncated) = EndpointSubsets(service: ServiceView(service), pods: pods).subsets()
        #expect(subsets.count == 1 && !isTruncated)
        #expect(subsets[0].items("ports").map { $0.text("name") } == ["m", "a", "z"])
        #expect(subsets[0].items("addresses").map { $0.text("ip") } == ["10.11.0.10", "10.11.0.2", "10.11.0.9"])
    }

    @Test func terminatingPodsLeaveEndpointsAndUnreadyOnesAreApart() {
        let pods = [
            ServiceFixture.pod("a", ip: "10.0.0.1"), ServiceFixture.pod("b", ip: "10.0.0.2", ready: false),
            ServiceFixture.pod("c", ip: "10.0.0.3", terminating: true),
        ].map { PodView($0) }
        let (subsets, _) = EndpointSubsets(service: ServiceView(ServiceFixture.service()), pods: pods).subsets()
        #expect(subsets.map { $0.items("addresses").count } == [1])
        #expect(subsets.map { $0.items("notReadyAddresses").count } == [1])
        let all = ServiceFixture.service(spec: [("publishNotReadyAddresses", true)])
        let (published, _) = EndpointSubsets(service: ServiceView(all), pods: pods).subsets()
        #expect(published.map { $0.items("addresses").count } == [3])
    }

    @Test func endpointsAreCutToAThousandReadyOnesFirst() {
        func count(ready: Int, unready: Int) -> [Int] {
            let pods = (0..<ready + unready).map { index in
                PodView(
                    ServiceFixture.pod("p\(index)", ip: "10.\(index / 250).0.\(index % 250 + 1)", ready: index < ready))
            }
            let plan = EndpointsReconciler.plan(
                service: ServiceView(ServiceFixture.service()), pods: pods, current: nil, trigger: nil)
            guard case .create(let endpoints) = plan, let subset = endpoints.items("subsets").first else { return [] }
            let isMarked = endpoints.annotations[EndpointsReconciler.overCapacity] == "truncated"
            return [subset.items("addresses").count, subset.items("notReadyAddresses").count, isMarked ? 1 : 0]
        }
        #expect(count(ready: 1000, unready: 0) == [1000, 0, 0])
        #expect(count(ready: 1200, unready: 5) == [1000, 0, 1])
        #expect(count(ready: 900, unready: 200) == [900, 100, 1])
    }

    @Test func endpointsAreLeftAloneWhenNothingChanges() {
        let service = ServiceView(ServiceFixture.service(labels: ["team": "x"]))
        let pods = [PodView(ServiceFixture.pod("a"))]
        guard
            case .create(let endpoints) = EndpointsReconciler.plan(
                service: service, pods: pods, current: nil, trigger: nil)
        else {
            Issue.record("nothing was created")
            return
        }
        #expect(endpoints.labels == ["team": "x", "endpoints.kubernetes.io/managed-by": "endpoint-controller"])
        guard case .nothing = EndpointsReconciler.plan(service: service, pods: pods, current: endpoints, trigger: nil)
        else {
            Issue.record("an equal object would be written")
            return
        }
    }

    @Test func subsetsAreRepackedBeforeTheyAreMirrored() throws {
        let subsets: [Value] = [
            ["addresses": [["ip": "10.0.0.1"], ["ip": "10.0.0.2"]], "ports": [["name": "a", "port": 1]]],
            ["addresses": [["ip": "10.0.0.2"], ["ip": "10.0.0.1"]], "ports": [["name": "b", "port": 2]]],
            ["notReadyAddresses": [["ip": "10.0.0.1"]], "ports": [["name": "c", "port": 3]]],
            ["addresses": [["ip": "10.0.0.1"]], "ports": [["name": "c", "port": 3]]],
            ["addresses": [["ip": "10.0.0.9"]]],
        ]
        let repacked = SubsetRepacking(subsets).subsets
        #expect(repacked.map { Set($0.ports.map(\.name)) } == [["a", "b"], ["c"], []])
        #expect(repacked.map { $0.ready.count } == [2, 0, 1])
        #expect(repacked.map { $0.notReady.count } == [0, 1, 0])
    }

    @Test func aMirroredSliceHoldsAThousandAndTheRestIsSkipped() throws {
        let addresses = (0..<1_200).map { number -> Value in
            ["ip": .string("10.1.\(number / 256).\(number % 256)")]
        }
        let endpoints: Value = [
            "metadata": ["name": "s", "namespace": "ns", "uid": "u"],
            "subsets": [["addresses": .array(addresses), "ports": [["port": 80]]]],
        ]
        let reconciler = EndpointSliceMirroringReconciler(endpoints: endpoints)
        #expect(reconciler.plan(slices: []).creates.map { $0.items("endpoints").count } == [1000])
        #expect(reconciler.complaints == [.tooManyAddresses(200)])
    }

    @Test func mirroredSlicesAreOnePerPortSetAndFamily() {
        let endpoints: Value = [
            "metadata": [
                "name": "s", "namespace": "ns", "uid": "u", "labels": ["team": "x"],
                "annotations": ["note": "n", "kubectl.kubernetes.io/last-applied-configuration": "{}"],
            ],
            "subsets": [
                [
                    "addresses": [["ip": "10.20.0.1"], ["ip": "fd00::1"], ["ip": "10.20.0.2", "hostname": "h2"]],
                    "notReadyAddresses": [["ip": "10.20.0.3"]], "ports": [["name": "web", "port": 8080]],
                ],
                ["addresses": [["ip": "10.20.0.9"]], "ports": [["port": 81]]],
            ],
        ]
        let slices = EndpointSliceMirroringReconciler(endpoints: endpoints).plan(slices: []).creates
        #expect(slices.map { $0.text("addressType") } == ["IPv4", "IPv6", "IPv4"])
        #expect(slices.map { $0.items("endpoints").count } == [3, 1, 1])
        #expect(
            slices[0].items("endpoints").map { $0["conditions"] } == [
                ["ready": true], ["ready": true], ["ready": false],
            ])
        #expect(slices[0].annotations == ["note": "n"])
        #expect(slices[0].labels[EndpointSliceView.managedByLabel] == EndpointSliceMirroringReconciler.manager)
        #expect(slices[0].labels["team"] == "x")
        let stored = slices.enumerated().map { index, slice in
            var slice = slice
            slice.set(.string("s-\(index)"), at: "metadata", "name")
            return ServiceFixture.stored(.endpointSlices, slice)
        }
        #expect(EndpointSliceMirroringReconciler(endpoints: endpoints).plan(slices: stored).isEmpty)
    }
}
