import FairleadModel
import Testing

@testable import FairleadScheduling

/// Decisions take time in the number of nodes, not of pods. The limits leave room for debug builds on busy machines.
@Suite(.serialized) struct SchedulerSpeedTests {
    private func seconds(
        pods count: Int, nodes: Int, _ change: (inout Value) -> Void = { _ in }
    ) -> (first: Double, last: Double) {
        let cluster = Cluster()
        for index in 0..<nodes {
            cluster.cache.put(
                node: Sample.node(
                    "node-\(index)", cpu: "64", pods: "250",
                    labels: ["topology.kubernetes.io/zone": "zone-\(index % 3)"]))
        }
        let clock = SuspendingClock()
        var times: [Duration] = []
        for part in 0..<4 {
            times.append(
                clock.measure {
                    for index in 0..<count / 4 {
                        var pod = Sample.pod(
                            "web-\(part)-\(index)", cpu: "100m", owner: "web", labels: ["app": "web"])
                        change(&pod)
                        #expect(cluster.schedule(pod) != nil)
                    }
                })
        }
        return (times[0] / .seconds(1), times[3] / .seconds(1))
    }

    @Test func replicasArePlacedInTimeOfNodes() {
        let times = seconds(pods: 2000, nodes: 100)
        print("2000 pods on 100 nodes: first quarter \(times.first) s, last quarter \(times.last) s")
        #expect(times.last < 3 * times.first + 0.5)
    }

    @Test func replicasWithTermsToo() {
        let times = seconds(pods: 2000, nodes: 100) { pod in
            pod.set(
                [
                    [
                        "maxSkew": 1, "topologyKey": "kubernetes.io/hostname", "whenUnsatisfiable": "DoNotSchedule",
                        "labelSelector": ["matchLabels": ["app": "web"]],
                    ]
                ], at: "spec", "topologySpreadConstraints")
            pod.set(
                [["weight": 10, "podAffinityTerm": Sample.affinityTerm(["app": "web"])]], at: "spec", "affinity",
                "podAntiAffinity", Sample.preferred)
        }
        print("with terms: first quarter \(times.first) s, last quarter \(times.last) s")
        #expect(times.last < 3 * times.first + 0.5)
    }
}
