import FairleadClientTesting
import FairleadModel
import Testing

@testable import FairleadControllers

struct EndpointSliceReconcilerTests {
    private func plan(
        _ service: Value, _ pods: [Value], slices: [Value] = [], nodes: [Value] = [ServiceFixture.node()],
        trigger: Timestamp? = nil
    ) -> SlicePlan {
        EndpointSliceReconciler(
            EndpointSliceReconciler.Inputs(
                service: ServiceView(service), pods: pods.map { PodView($0) },
                slices: slices.map { ServiceFixture.stored(.endpointSlices, $0) },
                node: { name in nodes.first { $0.name == name }.map { NodeView($0) } }, trigger: trigger)
        ).plan().slices
    }

    /// What the server would have stored of a created slice.
    private func named(_ slice: Value, _ name: String) -> Value {
        var slice = slice
        slice.set(.string(name), at: "metadata", "name")
        return slice
    }

    private func pods(_ count: Int) -> [Value] {
        (0..<count).map { ServiceFixture.pod("p\(1000 + $0)", ip: "10.1.\($0 / 250).\($0 % 250 + 1)") }
    }

    @Test func aServiceWithoutPodsHasOneEmptySlice() {
        let plan = plan(ServiceFixture.service(), [], trigger: Timestamp(seconds: 0))
        #expect(plan.creates.count == 1)
        let slice = plan.creates[0]
        #expect(slice["endpoints"] == .null && slice["ports"] == .null)
        #expect(slice.generateName == "s-" && slice.text("addressType") == "IPv4")
        #expect(slice.annotations == [TriggerTimes.annotation: "1970-01-01T00:00:00Z"])
        #expect(slice.controllerRef?.uid == "uid-s")
        let again = self.plan(ServiceFixture.service(), [], slices: [named(slice, "s-1")])
        #expect(again.isEmpty)
    }

    @Test func aReadyPodFillsTheEmptySliceInsteadOfANewOne() {
        let empty = named(plan(ServiceFixture.service(), []).creates[0], "s-1")
        let plan = plan(ServiceFixture.service(), [ServiceFixture.pod("p")], slices: [empty])
        #expect(plan.creates.isEmpty && plan.deletes.isEmpty)
        #expect(plan.updates.count == 1)
        let slice = plan.updates[0]
        #expect(slice.name == "s-1" && slice.resourceVersion == 1)
        #expect(slice["ports"] == [["name": "", "port": 80, "protocol": "TCP"]])
        let expected: Value = [
            [
                "addresses": ["10.0.0.1"], "conditions": ["ready": true, "serving": true, "terminating": false],
                "nodeName": "n1",
                "targetRef": ["kind": "Pod", "namespace": "ns", "name": "p", "uid": "uid-p"],
            ]
        ]
        #expect(slice["endpoints"] == expected)
        // And when the last pod goes, the slice becomes the placeholder again.
        let back = self.plan(ServiceFixture.service(), [], slices: [slice])
        #expect(back.creates.isEmpty && back.deletes.isEmpty && back.updates.count == 1)
        #expect(back.updates[0]["ports"] == .null)
    }

    @Test(arguments: [
        (ready: true, terminating: false, publish: false, expected: [true, true, false]),
        (ready: false, terminating: false, publish: false, expected: [false, false, false]),
        (ready: true, terminating: true, publish: false, expected: [false, true, true]),
        (ready: false, terminating: false, publish: true, expected: [true, false, false]),
        (ready: false, terminating: true, publish: true, expected: [true, false, true]),
    ])
    func conditionsFollowReadinessAndDeletion(ready: Bool, terminating: Bool, publish: Bool, expected: [Bool]) {
        let service = ServiceFixture.service(spec: [("publishNotReadyAddresses", .bool(publish))])
        let pod = ServiceFixture.pod("p", ready: ready, terminating: terminating)
        let conditions = plan(service, [pod]).creates[0].items("endpoints")[0]["conditions"]
        let names = ["ready", "serving", "terminating"]
        #expect(names.map { conditions?[$0]?.bool ?? false } == expected)
    }

    @Test func finishedAndAddresslessPodsAreLeftOut() {
        let pods = [
            ServiceFixture.pod("failed", phase: "Failed"), ServiceFixture.pod("done", phase: "Succeeded"),
            ServiceFixture.pod("new", ip: nil), ServiceFixture.pod("v6", ip: "fd00::1"),
        ]
        let slices = plan(ServiceFixture.service(), pods).creates
        #expect(slices.count == 1 && slices[0]["endpoints"] == .null)
    }

    @Test func aPodOnAMissingNodeIsSkippedAndTold() {
        let pods = [ServiceFixture.pod("p", node: "gone"), ServiceFixture.pod("q", ip: "10.0.0.2")]
        let plan = plan(ServiceFixture.service(), pods)
        #expect(plan.creates[0].items("endpoints").count == 1)
        #expect(plan.problems == ["skipping Pod p for Service ns/s: Node gone Not Found"])
        let publishing = ServiceFixture.service(spec: [("publishNotReadyAddresses", true)])
        let all = self.plan(publishing, pods)
        #expect(all.creates[0].items("endpoints").count == 2 && all.problems.isEmpty)
    }

    @Test func namedPortsResolvePerPodAndSplitSlices() {
        func with(_ name: String, _ ip: String, _ port: Value) -> Value {
            ServiceFixture.pod(name, ip: ip, spec: [("containers", [["name": "c", "ports": [port]]])])
        }
        let service = ServiceFixture.service(
            ports: [["name": "web", "port": 80, "protocol": "TCP", "targetPort": "http"]])
        let pods = [
            with("p1", "10.0.0.1", ["name": "http", "containerPort": 8080]),
            with("p2", "10.0.0.2", ["name": "http", "containerPort": 9090]),
            with("p3", "10.0.0.3", ["name": "http", "containerPort": 53, "protocol": "UDP"]),
        ]
        let slices = plan(service, pods).creates
        #expect(slices.map { $0.items("ports").first?["port"]?.int } == [8080, 9090, nil])
        #expect(slices.map { $0.items("endpoints").count } == [1, 1, 1])
    }

    @Test func sidecarPortsCountAndPlainInitContainersDoNot() {
        let ports: Value = [["name": "m", "containerPort": 9100]]
        let sidecar: Value = ["name": "i", "restartPolicy": "Always", "ports": ports]
        let port = ServiceView.Port(["port": 80, "targetPort": "m"])
        #expect(PodView(ServiceFixture.pod("p", spec: [("initContainers", [sidecar])])).resolve(port) == 9100)
        let plain: Value = ["name": "i", "ports": ports]
        #expect(PodView(ServiceFixture.pod("p", spec: [("initContainers", [plain])])).resolve(port) == nil)
    }

    @Test(arguments: [
        ("PreferClose", Value.object(["forZones": [["name": "z"]]])),
        ("PreferSameZone", .object(["forZones": [["name": "z"]]])),
        ("PreferSameNode", .object(["forZones": [["name": "z"]], "forNodes": [["name": "n1"]]])),
    ])
    func hintsAreTheEndpointsOwnZoneAndNode(distribution: String, hints: Value) {
        let service = ServiceFixture.service(spec: [("trafficDistribution", .string(distribution))])
        let pods = [ServiceFixture.pod("p"), ServiceFixture.pod("q", ip: "10.0.0.2", ready: false)]
        let endpoints = plan(service, pods, nodes: [ServiceFixture.node(zone: "z")]).creates[0].items("endpoints")
        #expect(endpoints.map { $0["hints"] } == [hints, nil])
        #expect(endpoints.allSatisfy { $0.text("zone") == "z" })
    }

    @Test func aHostnameShowsOnlyWithTheServicesSubdomain() {
        let pods = ["s", "other"].map { subdomain in
            ServiceFixture.pod(
                subdomain, ip: "10.0.0.\(subdomain.utf8.count)",
                spec: [("hostname", "h"), ("subdomain", .string(subdomain))])
        }
        let endpoints = plan(ServiceFixture.service(), pods).creates[0].items("endpoints")
        #expect(endpoints.map { $0["hostname"]?.string } == ["h", nil])
    }

    @Test func labelsAreTheServicesAndHeadlessIsMarked() {
        let service = ServiceFixture.service(
            spec: [("clusterIP", "None")], labels: ["team": "x", "kubernetes.io/service-name": "no"])
        let slice = plan(service, []).creates[0]
        #expect(
            slice.labels == [
                "team": "x", "kubernetes.io/service-name": "s", "service.kubernetes.io/headless": "",
                "endpointslice.kubernetes.io/managed-by": "endpointslice-controller.k8s.io",
            ])
        let changed = plan(ServiceFixture.service(labels: ["team": "y"]), [], slices: [named(slice, "s-1")])
        #expect(changed.updates.map(\.labels["team"]) == ["y"])
        #expect(changed.creates.isEmpty && changed.deletes.isEmpty)
    }

    @Test func slicesHoldAHundredAndOneChangeWritesOneSlice() {
        let pods = pods(250)
        let created = plan(ServiceFixture.service(), pods).creates
        #expect(created.map { $0.items("endpoints").count } == [100, 100, 50])
        let slices = created.enumerated().map { named($1, "s-\($0)") }
        #expect(plan(ServiceFixture.service(), pods, slices: slices).isEmpty)

        var flipped = pods
        flipped[120] = ServiceFixture.pod(pods[120].name, ip: PodView(pods[120]).podIP, ready: false)
        let flip = plan(ServiceFixture.service(), flipped, slices: slices)
        #expect(flip.updates.map(\.name) == ["s-1"] && flip.creates.isEmpty && flip.deletes.isEmpty)

        let added = plan(ServiceFixture.service(), pods + [ServiceFixture.pod("zz", ip: "10.9.9.9")], slices: slices)
        #expect(added.updates.map(\.name) == ["s-2"] && added.creates.isEmpty)

        let replaced = plan(
            ServiceFixture.service(), Array(pods.dropFirst(3)) + [ServiceFixture.pod("zz", ip: "10.9.9.9")],
            slices: slices)
        #expect(replaced.updates.map { $0.items("endpoints").count } == [98])
    }

    @Test func slicesOfAnEarlierServiceOfTheNameAreNotReused() {
        var old = named(plan(ServiceFixture.service(), []).creates[0], "s-old")
        old.set(
            [["kind": "Service", "name": "s", "uid": "gone", "apiVersion": "v1"]], at: "metadata", "ownerReferences")
        let plan = plan(ServiceFixture.service(), [ServiceFixture.pod("p")], slices: [old])
        #expect(plan.deletes.map(\.key.name) == ["s-old"])
        #expect(plan.creates.count == 1 && plan.updates.isEmpty)
    }

    @Test func eachFamilyHasItsOwnSlicesAndADroppedFamilyLosesThem() {
        let dual = ServiceFixture.service(spec: [("ipFamilies", ["IPv4", "IPv6"])])
        var pod = ServiceFixture.pod("p")
        pod.set([["ip": "10.0.0.1"], ["ip": "fd00::1"]], at: "status", "podIPs")
        let created = plan(dual, [pod]).creates
        #expect(created.map { $0.text("addressType") } == ["IPv4", "IPv6"])
        let slices = created.enumerated().map { named($1, "s-\($0)") }
        let single = plan(ServiceFixture.service(), [pod], slices: slices)
        #expect(single.deletes.map(\.key.name) == ["s-1"] && single.updates.isEmpty && single.creates.isEmpty)
    }

    @Test func aTerminatingServiceGetsNoNewSlices() {
        var service = ServiceFixture.service()
        service.set("2026-01-01T00:00:00Z", at: "metadata", "deletionTimestamp")
        #expect(plan(service, [ServiceFixture.pod("p")]).isEmpty)
    }
}
