import FairleadModel
import Testing

@testable import FairleadSimulation

@Suite struct SchedulerTests {
    private func node(
        _ name: String, cpu: String = "4", taints: [Value] = [], labels: [String: String] = [:],
        unschedulable: Bool = false
    ) -> Value {
        var node: Value = [
            "metadata": ["name": .string(name)], "spec": ["taints": .array(taints)],
            "status": ["allocatable": ["cpu": .string(cpu), "memory": "8Gi", "pods": "3"]],
        ]
        node.labels = labels
        if unschedulable { node.set(true, at: "spec", "unschedulable") }
        return node
    }

    private func pod(_ name: String, cpu: String? = nil, owner: String? = nil, selector: Value? = nil) -> Value {
        var pod: Value = [
            "metadata": ["name": .string(name), "uid": .string(name)], "spec": ["containers": [["name": "c"]]],
        ]
        if let cpu {
            pod.set([["name": "c", "resources": ["requests": ["cpu": .string(cpu)]]]], at: "spec", "containers")
        }
        if let owner {
            pod.ownerReferences = [
                OwnerReference(apiVersion: "v1", kind: "X", name: owner, uid: owner, controller: true)
            ]
        }
        if let selector { pod.set(selector, at: "spec", "nodeSelector") }
        return pod
    }

    @Test func sameOwnersSpreadBeforeOthers() {
        var table = PlacementTable()
        table.put(pod("a", owner: "web"), on: "n1")
        table.put(pod("b", owner: "db"), on: "n2")
        table.put(pod("c", owner: "db"), on: "n2")
        let nodes = ["n1", "n2"].map { SchedulingNode(node($0), table.usage(of: $0)) }
        #expect(SchedulingDecision(pod: pod("x", owner: "web")).outcome(among: nodes) == .node("n2"))
        #expect(SchedulingDecision(pod: pod("x")).outcome(among: nodes) == .node("n1"))
        table.put(pod("a", owner: "web"), on: "n1")
        #expect(table.usage(of: "n1").used.pods == 1, "putting again does not count twice")
        table.remove("a")
        #expect(table.usage(of: "n1").used == .none)
    }

    @Test func refusalsAreToldInKubernetesWords() {
        let nodes = [
            node("n1", taints: [["key": "k", "effect": "NoSchedule"]]), node("n2", cpu: "1"),
            node("n3", unschedulable: true),
        ].map { SchedulingNode($0) }
        let outcome = SchedulingDecision(pod: pod("x", cpu: "2")).outcome(among: nodes)
        #expect(
            outcome
                == .unschedulable(
                    message: "0/3 nodes are available: 1 Insufficient cpu, 1 node(s) had untolerated taint(s), "
                        + "1 node(s) were unschedulable. no new claims to deallocate, preemption: 0/3 nodes are available: "
                        + "3 Preemption is not helpful for scheduling."))
        #expect(
            SchedulingDecision(pod: pod("x")).outcome(among: [])
                == .unschedulable(message: "no nodes available to schedule pods"))
    }

    /// More than 64 bits hold, in one container or in all of them together, and in what a node says it has.
    @Test(arguments: ["8Ei", "5Ei", "1e18", "9223372036854775807", "1e999"])
    func requestsBeyondAllMeasureFitNowhere(amount: String) throws {
        var greedy = pod("greedy")
        let container: Value = [
            "name": "c", "resources": ["requests": ["cpu": .string(amount), "memory": .string(amount)]],
        ]
        greedy.set([container, container], at: "spec", "containers")
        let node = SchedulingNode(node("n1"))
        guard case .unschedulable(let message) = SchedulingDecision(pod: greedy).outcome(among: [node]) else {
            Issue.record("scheduled")
            return
        }
        #expect(message.contains("1 Insufficient cpu, 1 Insufficient memory"))
        // Bound by somebody else, it fills the node until it goes.
        var table = PlacementTable()
        table.put(greedy, on: "n1")
        table.put(pod("greedy2"), on: "n1")
        let small = SchedulingDecision(pod: pod("x", cpu: "1"))
        let full = SchedulingNode(self.node("n1", cpu: "1e999"), table.usage(of: "n1"))
        #expect(small.outcome(among: [full]) != .node("n1"))
        table.remove("greedy")
        #expect(small.outcome(among: [SchedulingNode(self.node("n1"), table.usage(of: "n1"))]) == .node("n1"))
    }

    @Test func fullNodesTakeNoMorePods() {
        var table = PlacementTable()
        for name in ["a", "b", "c"] { table.put(pod(name), on: "n1") }
        let outcome = SchedulingDecision(pod: pod("x")).outcome(among: [
            SchedulingNode(node("n1"), table.usage(of: "n1"))
        ])
        guard case .unschedulable(let message) = outcome else {
            Issue.record("scheduled on a full node")
            return
        }
        #expect(message.hasPrefix("0/1 nodes are available: 1 Too many pods."))
        #expect(message.hasSuffix("1 No preemption victims found for incoming pod."))
    }

    @Test func selectorsDecide() {
        let nodes = [SchedulingNode(node("n1")), SchedulingNode(node("n2", labels: ["disk": "ssd"]))]
        #expect(SchedulingDecision(pod: pod("x", selector: ["disk": "ssd"])).outcome(among: nodes) == .node("n2"))
        var bound = pod("x")
        bound.set(
            ["nodeSelectorTerms": [["matchFields": [["key": "metadata.name", "operator": "In", "values": ["n1"]]]]]],
            at: "spec", "affinity", "nodeAffinity", "requiredDuringSchedulingIgnoredDuringExecution")
        #expect(SchedulingDecision(pod: bound).outcome(among: nodes) == .node("n1"))
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
            var pod = self.pod(name)
            pod.set([["name": "c", "ports": [port]]], at: "spec", "containers")
            return pod
        }
        var table = PlacementTable()
        table.put(pod("a", first), on: "n1")
        func outcome() -> SchedulingDecision.Outcome {
            SchedulingDecision(pod: pod("b", second)).outcome(among: [
                SchedulingNode(node("n1"), table.usage(of: "n1"))
            ])
        }
        let refusal = SchedulingDecision.Outcome.unschedulable(
            message: "0/1 nodes are available: 1 node(s) didn't have free ports for the requested pod ports. no new "
                + "claims to deallocate, preemption: 0/1 nodes are available: 1 No preemption victims found for incoming "
                + "pod.")
        #expect(outcome() == (isRefused ? refusal : .node("n1")))
        table.remove("a")
        #expect(outcome() == .node("n1"))
    }

    @Test func storageAndExtendedResourcesCount() {
        var greedy = pod("x")
        greedy.set(
            [["name": "c", "resources": ["requests": ["ephemeral-storage": "2Gi", "example.com/gpu": "2"]]]],
            at: "spec", "containers")
        var node = node("n1")
        node.set("1Gi", at: "status", "allocatable", "ephemeral-storage")
        node.set("1", at: "status", "allocatable", "example.com/gpu")
        guard
            case .unschedulable(let message) = SchedulingDecision(pod: greedy).outcome(among: [SchedulingNode(node)])
        else {
            Issue.record("scheduled")
            return
        }
        #expect(message.hasPrefix("0/1 nodes are available: 1 Insufficient ephemeral-storage, 1 Insufficient example."))
        node.set("4Gi", at: "status", "allocatable", "ephemeral-storage")
        node.set("2", at: "status", "allocatable", "example.com/gpu")
        #expect(SchedulingDecision(pod: greedy).outcome(among: [SchedulingNode(node)]) == .node("n1"))
    }

    @Test func preferencesDecideAmongNodesThatFit() {
        let nodes = [
            node("n1", taints: [["key": "k", "effect": "PreferNoSchedule"]]), node("n2"),
            node("n3", labels: ["disk": "ssd"]),
        ].map { SchedulingNode($0) }
        #expect(SchedulingDecision(pod: pod("x")).outcome(among: nodes) == .node("n2"))
        #expect(SchedulingDecision(pod: pod("x")).outcome(among: [nodes[0]]) == .node("n1"))
        var choosy = pod("y")
        let preferred = "preferredDuringSchedulingIgnoredDuringExecution"
        choosy.set(
            [
                ["weight": 10, "preference": ["matchExpressions": [["key": "disk", "operator": "Exists"]]]],
                [
                    "weight": 9,
                    "preference": ["matchFields": [["key": "metadata.name", "operator": "In", "values": ["n2"]]]],
                ],
            ], at: "spec", "affinity", "nodeAffinity", preferred)
        #expect(SchedulingDecision(pod: choosy).outcome(among: nodes) == .node("n3"))
    }
}
