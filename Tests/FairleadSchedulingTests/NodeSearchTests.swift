import FairleadModel
import Testing

@testable import FairleadScheduling

/// Which nodes take a pod, and in which words they refuse.
@Suite struct NodeSearchTests {
    private let tail = ". no new claims to deallocate, preemption: 0/"

    @Test func sameOwnersSpreadBeforeOthers() {
        let cluster = Cluster(Sample.node("n1"), Sample.node("n2"))
        cluster.place(Sample.pod("a", owner: "web"), on: "n1")
        cluster.place(Sample.pod("b", owner: "db"), on: "n2")
        cluster.place(Sample.pod("c", owner: "db"), on: "n2")
        #expect(cluster.node(for: Sample.pod("x", owner: "web")) == "n2")
        #expect(cluster.node(for: Sample.pod("x")) == "n1")
        cluster.place(Sample.pod("a", owner: "web"), on: "n1")
        #expect(cluster.cache.node("n1")?.used.pods == 1, "putting again does not count twice")
        cluster.remove(Sample.pod("a"))
        #expect(cluster.cache.node("n1")?.used == ResourceDemand.none)
    }

    @Test func refusalsAreToldInKubernetesWords() {
        let cluster = Cluster(
            Sample.node("n1", taints: [["key": "k", "effect": "NoSchedule"]]), Sample.node("n2", cpu: "1"),
            Sample.node("n3", unschedulable: true))
        #expect(
            cluster.message(for: Sample.pod("x", cpu: "2"))
                == "0/3 nodes are available: 1 Insufficient cpu, 1 node(s) had untolerated taint(s), "
                + "1 node(s) were unschedulable. no new claims to deallocate, preemption: 0/3 nodes are available: "
                + "3 Preemption is not helpful for scheduling.")
        let none = Cluster()
        #expect(none.message(for: Sample.pod("x")) == "no nodes available to schedule pods")
    }

    /// More than 64 bits hold, in one container or in all of them together, and in what a node says it has.
    @Test(arguments: ["8Ei", "5Ei", "1e18", "9223372036854775807", "1e999"])
    func requestsBeyondAllMeasureFitNowhere(amount: String) {
        var greedy = Sample.pod("greedy")
        let container: Value = [
            "name": "c", "resources": ["requests": ["cpu": .string(amount), "memory": .string(amount)]],
        ]
        greedy.set([container, container], at: "spec", "containers")
        let cluster = Cluster(Sample.node("n1"))
        #expect(cluster.message(for: greedy).contains("1 Insufficient cpu, 1 Insufficient memory"))
        // Bound by somebody else, it fills the node until it goes.
        cluster.place(greedy, on: "n1")
        var second = greedy
        second.uid = "other"
        cluster.place(second, on: "n1")
        #expect(cluster.node(for: Sample.pod("x", cpu: "1")) == nil)
        cluster.cache.remove("other")
        cluster.remove(greedy)
        #expect(cluster.node(for: Sample.pod("x", cpu: "1")) == "n1")
    }

    @Test func fullNodesTakeNoMorePods() {
        let cluster = Cluster(Sample.node("n1", pods: "3"))
        for name in ["a", "b", "c"] { cluster.place(Sample.pod(name), on: "n1") }
        #expect(
            cluster.message(for: Sample.pod("x"))
                == "0/1 nodes are available: 1 Too many pods. no new claims to deallocate, preemption: 0/1 nodes are "
                + "available: 1 No preemption victims found for incoming pod.")
    }

    @Test func selectorsDecide() {
        let cluster = Cluster(Sample.node("n1"), Sample.node("n2", labels: ["disk": "ssd"]))
        var selective = Sample.pod("x")
        selective.set(["disk": "ssd"], at: "spec", "nodeSelector")
        #expect(cluster.node(for: selective) == "n2")
        #expect(cluster.node(for: Self.bound(to: ["n1"])) == "n1")
        cluster.cache.put(node: Sample.node("n1", unschedulable: true))
        #expect(
            cluster.message(for: Self.bound(to: ["n1"])).hasPrefix(
                "0/2 nodes are available: 1 node(s) didn't satisfy plugin(s) [NodeAffinity], 1 node(s) were "
                    + "unschedulable. no new claims to deallocate, preemption: "))
        #expect(
            cluster.message(for: Self.bound(to: ["n1"], ["n2"]))
                == "0/2 nodes are available: pod affinity terms conflict. not found")
    }

    private static func bound(to names: [String]...) -> Value {
        var pod = Sample.pod("x")
        let fields: [Value] = names.map {
            ["key": "metadata.name", "operator": "In", "values": .array($0.map(Value.string))]
        }
        pod.set(
            ["nodeSelectorTerms": [["matchFields": .array(fields)]]], at: "spec", "affinity", "nodeAffinity",
            Sample.required)
        return pod
    }

    @Test(
        arguments: [
            (["hostPort": 80], ["hostPort": 80], true), (["hostPort": 80], ["hostPort": 81], false),
            (["hostPort": 80, "protocol": "UDP"], ["hostPort": 80], false),
            (["hostPort": 80, "hostIP": "127.0.0.1"], ["hostPort": 80, "hostIP": "127.0.0.2"], false),
            (["hostPort": 80, "hostIP": "127.0.0.1"], ["hostPort": 80], true),
            (["hostPort": 0], ["hostPort": 0], false),
        ] as [(Value, Value, Bool)])
    func hostPortsConflict(first: Value, second: Value, isRefused: Bool) {
        func pod(_ name: String, _ port: Value) -> Value {
            var pod = Sample.pod(name)
            pod.set([["name": "c", "ports": [port]]], at: "spec", "containers")
            return pod
        }
        let cluster = Cluster(Sample.node("n1"))
        cluster.place(pod("a", first), on: "n1")
        let refusal =
            "0/1 nodes are available: 1 node(s) didn't have free ports for the requested pod ports. no new "
            + "claims to deallocate, preemption: 0/1 nodes are available: 1 No preemption victims found for incoming "
            + "pod."
        #expect(cluster.message(for: pod("b", second)) == (isRefused ? refusal : ""))
        cluster.remove(pod("a", first))
        #expect(cluster.node(for: pod("b", second)) == "n1")
    }

    @Test func storageAndExtendedResourcesCount() {
        var greedy = Sample.pod("x")
        greedy.set(
            [["name": "c", "resources": ["requests": ["ephemeral-storage": "2Gi", "example.com/gpu": "2"]]]],
            at: "spec", "containers")
        var node = Sample.node("n1")
        node.set("1Gi", at: "status", "allocatable", "ephemeral-storage")
        node.set("1", at: "status", "allocatable", "example.com/gpu")
        let cluster = Cluster(node)
        #expect(
            cluster.message(for: greedy).hasPrefix(
                "0/1 nodes are available: 1 Insufficient ephemeral-storage, 1 Insufficient example."))
        node.set("4Gi", at: "status", "allocatable", "ephemeral-storage")
        node.set("2", at: "status", "allocatable", "example.com/gpu")
        cluster.cache.put(node: node)
        #expect(cluster.node(for: greedy) == "n1")
    }

    @Test func initContainersSidecarsAndOverheadCount() {
        var pod = Sample.pod("x", cpu: "1")
        func container(_ cpu: Value, sidecar: Bool = false) -> Value {
            var container: Value = ["name": "i", "resources": ["requests": ["cpu": cpu]]]
            if sidecar { container["restartPolicy"] = "Always" }
            return container
        }
        pod.set([container("500m", sidecar: true), container("2")], at: "spec", "initContainers")
        pod.set(["cpu": "250m"], at: "spec", "overhead")
        // The second init container beside the sidecar needs most: 2.5, and 0.25 more.
        #expect(PodInfo(pod).demand.milliCPU == 2750)
        let cluster = Cluster(Sample.node("n1", cpu: "2700m"))
        #expect(cluster.message(for: pod).hasPrefix("0/1 nodes are available: 1 Insufficient cpu."))
        cluster.cache.put(node: Sample.node("n1", cpu: "2750m"))
        #expect(cluster.node(for: pod) == "n1")
    }

    @Test func preferencesDecideAmongNodesThatFit() {
        let cluster = Cluster(
            Sample.node("n1", taints: [["key": "k", "effect": "PreferNoSchedule"]]), Sample.node("n2"),
            Sample.node("n3", labels: ["disk": "ssd"]))
        #expect(cluster.node(for: Sample.pod("x")) == "n2")
        var choosy = Sample.pod("y")
        choosy.set(
            [
                ["weight": 10, "preference": ["matchExpressions": [["key": "disk", "operator": "Exists"]]]],
                [
                    "weight": 9,
                    "preference": ["matchFields": [["key": "metadata.name", "operator": "In", "values": ["n2"]]]],
                ],
            ], at: "spec", "affinity", "nodeAffinity", Sample.preferred)
        #expect(cluster.node(for: choosy) == "n3")
    }

    @Test func theLessAllocatedNodeIsBetter() {
        let cluster = Cluster(Sample.node("n1"), Sample.node("n2", cpu: "8"))
        #expect(cluster.node(for: Sample.pod("x", cpu: "2")) == "n2")
    }

    // MARK: - terms about other pods

    @Test func affinityAndAntiAffinityLookAtPlaces() {
        let zones = ["a", "a", "b"].enumerated().map {
            Sample.node("n\($0.offset)", labels: ["topology.kubernetes.io/zone": $0.element])
        }
        let cluster = Cluster(zones[0], zones[1], zones[2], Sample.node("n3"))
        cluster.place(Sample.pod("db", labels: ["app": "db"]), on: "n0")
        let key = "topology.kubernetes.io/zone"
        var friend = Sample.pod("friend")
        friend.set(
            [Sample.affinityTerm(["app": "db"], key: key)], at: "spec", "affinity", "podAffinity", Sample.required)
        #expect(cluster.node(for: friend) == "n1", "in the same zone, on the emptier node")
        var foe = Sample.pod("foe")
        foe.set(
            [Sample.affinityTerm(["app": "db"], key: key)], at: "spec", "affinity", "podAntiAffinity", Sample.required)
        foe.set([key: "a"], at: "spec", "nodeSelector")
        #expect(
            cluster.message(for: foe).hasPrefix(
                "0/4 nodes are available: 2 node(s) didn't match Pod's node affinity/selector, 2 node(s) didn't match "
                    + "pod anti-affinity rules"))
        // A pod in another namespace is not meant.
        friend.namespace = "other"
        #expect(
            cluster.message(for: friend).hasPrefix(
                "0/4 nodes are available: 4 node(s) didn't match pod affinity rules\(tail)"))
    }

    @Test func theFirstOfAGroupMayGoAnywhere() {
        let cluster = Cluster(Sample.node("n1"), Sample.node("n2"))
        func member(_ name: String) -> Value {
            var pod = Sample.pod(name, labels: ["app": "x"])
            pod.set([Sample.affinityTerm(["app": "x"])], at: "spec", "affinity", "podAffinity", Sample.required)
            return pod
        }
        let first = cluster.schedule(member("a"))
        #expect(first != nil)
        #expect(cluster.schedule(member("b")) == first)
        #expect(cluster.schedule(member("c")) == first)
    }

    @Test func podsThatAreThereKeepOthersAway() {
        let cluster = Cluster(Sample.node("n1"), Sample.node("n2"))
        var lonely = Sample.pod("lonely")
        lonely.set([Sample.affinityTerm(["app": "web"])], at: "spec", "affinity", "podAntiAffinity", Sample.required)
        cluster.place(lonely, on: "n1")
        #expect(cluster.node(for: Sample.pod("w", labels: ["app": "web"])) == "n2")
        var second = Sample.pod("second")
        second.set([Sample.affinityTerm(["app": "web"])], at: "spec", "affinity", "podAntiAffinity", Sample.required)
        cluster.place(second, on: "n2")
        #expect(
            cluster.message(for: Sample.pod("w", labels: ["app": "web"])).hasPrefix(
                "0/2 nodes are available: 2 node(s) didn't satisfy existing pods anti-affinity rules\(tail)"))
        cluster.remove(second)
        #expect(cluster.node(for: Sample.pod("w", labels: ["app": "web"])) == "n2")
    }

    @Test func namespacesAreSelectedByTheirLabels() {
        let cluster = Cluster(Sample.node("n1"), Sample.node("n2"))
        cluster.cache.put(namespace: "blue", labels: ["team": "b"])
        cluster.place(Sample.pod("db", labels: ["app": "db"], namespace: "blue"), on: "n2")
        var term = Sample.affinityTerm(["app": "db"])
        term["namespaceSelector"] = ["matchLabels": ["team": "b"]]
        var friend = Sample.pod("friend")
        friend.set([term], at: "spec", "affinity", "podAffinity", Sample.required)
        #expect(cluster.node(for: friend) == "n2")
        cluster.cache.put(namespace: "blue", labels: ["team": "c"])
        #expect(cluster.node(for: friend) == nil)
    }

    @Test func preferredPodAffinityWeighs() {
        let cluster = Cluster(Sample.node("n1"), Sample.node("n2"), Sample.node("n3"))
        cluster.place(Sample.pod("db", labels: ["app": "db"]), on: "n2")
        cluster.place(Sample.pod("web", labels: ["app": "web"]), on: "n1")
        var pod = Sample.pod("x")
        pod.set(
            [["weight": 50, "podAffinityTerm": Sample.affinityTerm(["app": "db"])]], at: "spec", "affinity",
            "podAffinity", Sample.preferred)
        #expect(cluster.node(for: pod) == "n2")
        // What others prefer counts as well.
        var shy = Sample.pod("shy")
        shy.set(
            [["weight": 100, "podAffinityTerm": Sample.affinityTerm(["app": "y"])]], at: "spec", "affinity",
            "podAntiAffinity", Sample.preferred)
        cluster.place(shy, on: "n3")
        cluster.place(Sample.pod("z"), on: "n1")
        cluster.place(Sample.pod("z2"), on: "n2")
        #expect(cluster.node(for: Sample.pod("y", labels: ["app": "y"])) != "n3")
    }

    @Test func spreadConstraintsKeepTheSkew() {
        let key = "topology.kubernetes.io/zone"
        let cluster = Cluster(
            Sample.node("n1", labels: [key: "a"]), Sample.node("n2", labels: [key: "b"]), Sample.node("n3"))
        func pod(_ name: String, _ more: Value = .object(Object())) -> Value {
            var pod = Sample.pod(name, labels: ["app": "x"])
            var constraint: Value = [
                "maxSkew": 1, "topologyKey": .string(key), "whenUnsatisfiable": "DoNotSchedule",
                "labelSelector": ["matchLabels": ["app": "x"]],
            ]
            for (field, value) in more.object ?? Object() { constraint[field] = value }
            pod.set([constraint], at: "spec", "topologySpreadConstraints")
            return pod
        }
        let first = cluster.schedule(pod("a"))
        let second = cluster.schedule(pod("b"))
        #expect(Set([first, second]) == ["n1", "n2"])
        cluster.cache.put(node: Sample.node("n1", labels: [key: "a"], unschedulable: true))
        cluster.place(Sample.pod("c", labels: ["app": "x"]), on: "n2")
        #expect(
            cluster.message(for: pod("d")).hasPrefix(
                "0/3 nodes are available: 1 node(s) didn't match pod topology spread constraints, 1 node(s) didn't "
                    + "match pod topology spread constraints (missing required label), 1 node(s) were unschedulable"))
        // Two domains are fewer than three, so the least is taken for none.
        #expect(cluster.node(for: pod("e", ["maxSkew": 2])) == "n2")
        #expect(cluster.node(for: pod("e", ["maxSkew": 2, "minDomains": 3])) == nil)
        // Pods that are leaving do not count.
        var leaving = Sample.pod("c", labels: ["app": "x"])
        leaving.set("2026-01-01T00:00:00Z", at: "metadata", "deletionTimestamp")
        cluster.place(leaving, on: "n2")
        #expect(cluster.node(for: pod("f")) == "n2")
    }

    @Test func spreadPoliciesSayWhichNodesCount() {
        let key = "topology.kubernetes.io/zone"
        let taint: Value = ["key": "k", "effect": "NoSchedule"]
        let cluster = Cluster(
            Sample.node("n1", labels: [key: "a", "disk": "ssd"]),
            Sample.node("n2", taints: [taint], labels: [key: "b", "disk": "ssd"]), Sample.node("n3", labels: [key: "c"])
        )
        cluster.place(Sample.pod("a", labels: ["app": "x"]), on: "n1")
        func pod(_ policies: Value) -> Value {
            var pod = Sample.pod("p", labels: ["app": "x"])
            var constraint: Value = [
                "maxSkew": 1, "topologyKey": .string(key), "whenUnsatisfiable": "DoNotSchedule",
                "labelSelector": ["matchLabels": ["app": "x"]],
            ]
            for (field, value) in policies.object ?? Object() { constraint[field] = value }
            pod.set([constraint], at: "spec", "topologySpreadConstraints")
            pod.set(["disk": "ssd"], at: "spec", "nodeSelector")
            return pod
        }
        #expect(cluster.node(for: pod(.object(Object()))) == nil, "the tainted node counts, and is empty")
        #expect(cluster.node(for: pod(["nodeTaintsPolicy": "Honor"])) == "n1")
        #expect(cluster.node(for: pod(["nodeTaintsPolicy": "Honor", "nodeAffinityPolicy": "Ignore"])) == nil)
    }

    @Test func podsOfOneServiceAreSpreadWithoutAController() {
        let key = "topology.kubernetes.io/zone"
        let cluster = Cluster(
            Sample.node("n1", cpu: "64", labels: [key: "a"]), Sample.node("n2", labels: [key: "b"]))
        cluster.place(Sample.pod("a", labels: ["app": "x"]), on: "n1")
        let pod = Sample.pod("b", labels: ["app": "x"])
        #expect(cluster.node(for: pod, services: [["app": "x"]]) == "n2")
    }

    // MARK: - volumes

    private static func pod(claim: String) -> Value {
        var pod = Sample.pod("p")
        pod.set(
            [["name": "v", "persistentVolumeClaim": ["claimName": .string(claim)]]], at: "spec", "volumes")
        return pod
    }

    @Test func claimsWithoutVolumesKeepPodsWaiting() {
        let cluster = Cluster(Sample.node("n1"))
        let pod = Self.pod(claim: "data")
        #expect(
            cluster.message(for: pod)
                == "0/1 nodes are available: persistentvolumeclaim \"data\" not found. not found")
        let claim: Value = ["metadata": ["name": "data", "namespace": "default"], "spec": .object(Object())]
        cluster.claims = [claim]
        #expect(
            cluster.message(for: pod)
                == "0/1 nodes are available: pod has unbound immediate PersistentVolumeClaims. not found")
    }

    @Test func volumesSayWhereTheyCanBeUsed() {
        let cluster = Cluster(Sample.node("n1"), Sample.node("n2"))
        cluster.claims = [
            [
                "metadata": [
                    "name": "data", "namespace": "default",
                    "annotations": ["pv.kubernetes.io/bind-completed": "yes"],
                ],
                "spec": ["volumeName": "v1"],
            ]
        ]
        func volume(_ node: Value) -> Value {
            [
                "metadata": ["name": "v1"],
                "spec": [
                    "nodeAffinity": [
                        "required": [
                            "nodeSelectorTerms": [
                                [
                                    "matchExpressions": [
                                        ["key": "kubernetes.io/hostname", "operator": "In", "values": [node]]
                                    ]
                                ]
                            ]
                        ]
                    ]
                ],
            ]
        }
        cluster.volumes = [volume("n2")]
        #expect(cluster.node(for: Self.pod(claim: "data")) == "n2")
        cluster.volumes = [volume("n3")]
        #expect(
            cluster.message(for: Self.pod(claim: "data")).hasPrefix(
                "0/2 nodes are available: 2 node(s) didn't match PersistentVolume's node affinity\(tail)"))
    }

    @Test func delayedClaimsTakeAVolumeOfTheNode() {
        let cluster = Cluster(Sample.node("n1"), Sample.node("n2"))
        cluster.classes = [
            [
                "metadata": ["name": "local"], "provisioner": "kubernetes.io/no-provisioner",
                "volumeBindingMode": "WaitForFirstConsumer",
            ]
        ]
        cluster.claims = [
            [
                "metadata": ["name": "data", "namespace": "default", "uid": "c"],
                "spec": [
                    "storageClassName": "local", "accessModes": ["ReadWriteOnce"],
                    "resources": ["requests": ["storage": "1Gi"]],
                ],
            ]
        ]
        let pod = Self.pod(claim: "data")
        #expect(
            cluster.message(for: pod).hasPrefix(
                "0/2 nodes are available: 2 node(s) didn't find available persistent volumes to bind\(tail)"))
        cluster.volumes = [
            [
                "metadata": ["name": "v1"],
                "spec": [
                    "storageClassName": "local", "accessModes": ["ReadWriteOnce"], "capacity": ["storage": "2Gi"],
                    "nodeAffinity": [
                        "required": [
                            "nodeSelectorTerms": [
                                [
                                    "matchFields": [
                                        ["key": "metadata.name", "operator": "In", "values": ["n2"]]
                                    ]
                                ]
                            ]
                        ]
                    ],
                ],
                "status": ["phase": "Available"],
            ]
        ]
        guard case .node("n2", let bindings) = cluster.decide(pod) else {
            Issue.record("not on the volume's node")
            return
        }
        #expect(bindings == [.volume("v1", claim: ObjectName(namespace: "default", name: "data"))])
        cluster.volumes = []
        cluster.classes[0]["provisioner"] = "example.com/disks"
        cluster.classes[0]["allowedTopologies"] = [
            ["matchLabelExpressions": [["key": "kubernetes.io/hostname", "values": ["n1"]]]]
        ]
        guard case .node("n1", let made) = cluster.decide(pod) else {
            Issue.record("not where volumes can be made")
            return
        }
        #expect(made == [.provisioning(claim: ObjectName(namespace: "default", name: "data"))])
    }

    @Test func aClaimForOnePodIsUsedByOne() {
        let cluster = Cluster(Sample.node("n1"), Sample.node("n2"))
        cluster.claims = [
            [
                "metadata": [
                    "name": "data", "namespace": "default",
                    "annotations": ["pv.kubernetes.io/bind-completed": "yes"],
                ],
                "spec": ["volumeName": "v1", "accessModes": ["ReadWriteOncePod"]],
            ]
        ]
        cluster.volumes = [["metadata": ["name": "v1"], "spec": .object(Object())]]
        var user = Self.pod(claim: "data")
        #expect(cluster.schedule(user) != nil)
        user.name = "q"
        user.uid = "q"
        #expect(
            cluster.message(for: user).hasPrefix(
                "0/2 nodes are available: 2 node has pod using PersistentVolumeClaim with the same name and "
                    + "ReadWriteOncePod access mode\(tail)"))
    }
}
