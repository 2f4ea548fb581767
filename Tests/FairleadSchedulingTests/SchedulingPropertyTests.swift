import FairleadModel
import Testing

@testable import FairleadScheduling

/// Random clusters in which pods and nodes come, go and change: the scheduler finds a node exactly where a slow reading of
/// the rules finds one, and who leaves for a pod is enough, and no more than is needed.
@Suite struct SchedulingPropertyTests {
    private static let zone = "topology.kubernetes.io/zone"

    private struct World {
        var random: SplitMix64
        var count = 0

        mutating func chance(_ part: Int) -> Bool { Int.random(in: 0..<part, using: &random) == 0 }
        mutating func pick<T>(_ list: [T]) -> T { list[Int.random(in: list.indices, using: &random)] }

        mutating func node(_ name: String) -> Value {
            var labels: [String: String] = [:]
            if !chance(5) { labels[SchedulingPropertyTests.zone] = pick(["a", "b", "c"]) }
            if chance(2) { labels["disk"] = pick(["ssd", "hdd"]) }
            var taints: [Value] = []
            if chance(4) {
                taints.append(
                    ["key": .string(pick(["k", "l"])), "effect": .string(pick(["NoSchedule", "PreferNoSchedule"]))])
            }
            return Sample.node(
                name, cpu: pick(["1", "2", "3"]), pods: pick(["3", "6"]), taints: taints, labels: labels,
                unschedulable: chance(8))
        }

        mutating func selector() -> Value {
            let apps: [Value] = ["x", "y"]
            return pick([
                ["matchLabels": ["app": pick(apps)]], .object(Object()), .null,
                ["matchExpressions": [["key": "app", "operator": "NotIn", "values": [pick(apps)]]]],
                ["matchExpressions": [["key": "app", "operator": "Exists"]]],
            ])
        }

        mutating func term() -> Value {
            var term: Value = [
                "labelSelector": selector(),
                "topologyKey": .string(pick(["kubernetes.io/hostname", SchedulingPropertyTests.zone])),
            ]
            if chance(4) { term["namespaces"] = ["red"] }
            if chance(4) {
                term["namespaceSelector"] = pick([.object(Object()), ["matchLabels": ["team": "t"]]])
            }
            return term
        }

        mutating func pod() -> Value {
            count += 1
            var pod = Sample.pod(
                "p\(count)", cpu: pick([nil, "500m", "1"]), labels: chance(5) ? [:] : ["app": pick(["x", "y"])],
                priority: Int64(pick([0, 0, 5, 10])), namespace: pick(["default", "red"]))
            if chance(3) { pod.set([["key": "k", "operator": "Exists"]], at: "spec", "tolerations") }
            if chance(5) { pod.set(["disk": .string(pick(["ssd", "hdd"]))], at: "spec", "nodeSelector") }
            if chance(5) {
                let port: Value = .int(Int64(pick([80, 81])))
                pod.set(
                    [["name": "c", "ports": [["hostPort": port]]]], at: "spec", "containers")
            }
            for kind in ["podAffinity", "podAntiAffinity"] where chance(4) {
                let terms = chance(3) ? [term(), term()] : [term()]
                pod.set(.array(terms), at: "spec", "affinity", kind, Sample.required)
            }
            if chance(3) {
                var constraints: [Value] = []
                for _ in 0..<(chance(3) ? 2 : 1) {
                    var constraint: Value = [
                        "maxSkew": .int(Int64(pick([1, 2]))), "labelSelector": selector(),
                        "topologyKey": .string(pick(["kubernetes.io/hostname", SchedulingPropertyTests.zone])),
                        "whenUnsatisfiable": .string(pick(["DoNotSchedule", "DoNotSchedule", "ScheduleAnyway"])),
                    ]
                    if chance(4) { constraint["minDomains"] = .int(Int64(pick([2, 4]))) }
                    if chance(3) { constraint["nodeAffinityPolicy"] = "Ignore" }
                    if chance(3) { constraint["nodeTaintsPolicy"] = "Honor" }
                    constraints.append(constraint)
                }
                pod.set(.array(constraints), at: "spec", "topologySpreadConstraints")
            }
            return pod
        }
    }

    @Test(arguments: 0..<30 as Range<UInt64>)
    func decisionsAgreeWithASlowReading(seed: UInt64) {
        var world = World(random: SplitMix64(seed: seed))
        let cluster = Cluster()
        var slow = SlowReading(nodes: [], namespaces: ["default": [:], "red": [:]], pods: [])
        for (name, labels) in slow.namespaces { cluster.cache.put(namespace: name, labels: labels) }
        for index in 0..<6 {
            let node = world.node("n\(index)")
            slow.nodes.append(node)
            cluster.cache.put(node: node)
        }
        for step in 0..<60 {
            let pod = world.pod()
            let expected = slow.fitting(pod)
            switch cluster.decide(pod) {
            case .node(let name, _):
                #expect(expected.contains(name), "seed \(seed) step \(step): \(name) of \(expected) for \(pod)")
                var bound = pod
                bound.set(.string(name), at: "spec", "nodeName")
                cluster.place(bound, on: name)
                slow.pods.append(bound)
            case .unschedulable(let failure):
                #expect(
                    expected.isEmpty, "seed \(seed) step \(step): none of \(expected) for \(pod): \(failure.message)")
                if let plan = failure.preemption { check(plan, pod, slow, "seed \(seed) step \(step)") }
            }
            change(&world, cluster, &slow)
        }
    }

    /// Without the victims the pod fits there, and with any one of them it does not.
    private func check(_ plan: Preemption.Plan, _ pod: Value, _ slow: SlowReading, _ place: Comment) {
        let victims = Set(plan.victims.map(\.uid))
        #expect(plan.victims.allSatisfy { $0.priority < pod.at("spec", "priority")?.int ?? 0 }, place)
        var without = slow
        without.pods.removeAll { victims.contains($0.uid) }
        #expect(without.fitting(pod).contains(plan.node), place)
        for victim in slow.pods where victims.contains(victim.uid) {
            var with = without
            with.pods.append(victim)
            // Spread may need a victim more for the sake of another that was taken back later.
            if pod.items("spec", "topologySpreadConstraints").isEmpty, pod.at("spec", "affinity") == nil {
                #expect(!with.fitting(pod).contains(plan.node), place)
            }
        }
    }

    /// Something else happens: a pod goes or changes, a node or a namespace changes.
    private func change(_ world: inout World, _ cluster: Cluster, _ slow: inout SlowReading) {
        switch Int.random(in: 0..<10, using: &world.random) {
        case 0...3 where !slow.pods.isEmpty:
            let index = Int.random(in: slow.pods.indices, using: &world.random)
            cluster.remove(slow.pods.remove(at: index))
        case 4 where !slow.pods.isEmpty:
            let index = Int.random(in: slow.pods.indices, using: &world.random)
            if world.chance(2) {
                slow.pods[index].labels = ["app": world.pick(["x", "y"])]
            } else {
                slow.pods[index].set("2026-01-01T00:00:00Z", at: "metadata", "deletionTimestamp")
            }
            cluster.place(slow.pods[index], on: slow.pods[index].text("spec", "nodeName"))
        case 5:
            let index = Int.random(in: slow.nodes.indices, using: &world.random)
            slow.nodes[index] = world.node(slow.nodes[index].name)
            cluster.cache.put(node: slow.nodes[index])
        case 6:
            slow.namespaces["red"] = world.chance(2) ? ["team": "t"] : [:]
            cluster.cache.put(namespace: "red", labels: slow.namespaces["red"])
        case 7 where slow.nodes.count > 3:
            let name = slow.nodes.remove(at: 0).name
            cluster.cache.removeNode(name)
            if world.chance(2) {
                for pod in slow.pods where pod.text("spec", "nodeName") == name { cluster.remove(pod) }
                slow.pods.removeAll { $0.text("spec", "nodeName") == name }
            }
        default: break
        }
    }
}
