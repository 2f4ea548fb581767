import FairleadModel
import Testing

@testable import FairleadSimulation

/// What containers use, and how it is told.
@Suite struct UsageTests {
    private let now = Timestamp(seconds: 1_800_000_000)

    private func pod(_ container: Value, annotations: [String: String] = [:]) -> Value {
        var pod: Value = [
            "metadata": ["name": "p", "namespace": "n", "uid": "u", "labels": ["app": "x"]],
            "spec": ["nodeName": "n1", "containers": [container]],
            "status": [
                "phase": "Running", "startTime": "2026-01-01T00:00:00Z",
                "containerStatuses": [
                    ["name": "c", "state": ["running": ["startedAt": "2026-01-01T00:00:00Z"]]]
                ],
            ],
        ]
        pod.annotations = annotations
        return pod
    }

    private func usage(_ container: Value, annotations: [String: String] = [:], rate: Double = 0) -> ContainerUsage {
        ContainerUsage(pod: pod(container, annotations: annotations), spec: container, rate: rate, now: now)
    }

    private let container: Value = [
        "name": "c", "image": "nginx",
        "resources": ["requests": ["cpu": "200m", "memory": "100Mi"], "limits": ["cpu": "500m", "memory": "200Mi"]],
    ]

    @Test func idleContainersUseALittleAndAlwaysTheSame() {
        let idle = usage(container)
        #expect(idle == usage(container))
        #expect((2_000_000...4_000_000).contains(idle.nanoCores))
        #expect(idle.memory == 30 << 20, "three tenths of the request")
        let plain = usage(["name": "c", "image": "nginx"])
        #expect((1_000_000...2_000_000).contains(plain.nanoCores))
        #expect((4 << 20...20 << 20).contains(plain.memory))
    }

    @Test func annotationsDecide() {
        let said = usage(
            container, annotations: ["fairlead.dev/cpu-usage": "250m", "fairlead.dev/memory-usage": "150Mi"])
        #expect(said == ContainerUsage(nanoCores: 250_000_000, memory: 150 << 20))
        #expect(usage(container, annotations: ["fairlead.dev/cpu-usage": "90%"]).nanoCores == 180_000_000)
        #expect(usage(container, annotations: ["fairlead.dev/cpu-usage": "d=1,c=30m"]).nanoCores == 30_000_000)
        #expect(usage(container, annotations: ["fairlead.dev/cpu-usage": "9"]).nanoCores == 500_000_000, "the limit")
        for nonsense in ["", "x", "-1", "c=", "1e999%", "nan%"] {
            #expect(usage(container, annotations: ["fairlead.dev/cpu-usage": nonsense]) == usage(container))
        }
        #expect(usage(["name": "c"], annotations: ["fairlead.dev/cpu-usage": "1e999"]).nanoCores > 0)
    }

    @Test func workShows() {
        var php = container
        php["image"] = "registry.k8s.io/hpa-example"
        #expect((300_000_000...310_000_000).contains(usage(php, rate: 30).nanoCores))
        let stress: Value = [
            "name": "c", "image": "polinux/stress", "command": ["stress"],
            "args": ["--vm", "1", "--vm-bytes", "150M", "--cpu=2"],
        ]
        #expect(usage(stress).nanoCores >= 3_000_000_000)
        #expect(usage(stress).memory >= 150 << 20)
    }

    @Test func objectsHaveTheFormOfAMetricsServer() throws {
        let source = SimulatedUsage(now: { now }, rate: { _, _ in 0 })
        let pod = pod(container, annotations: ["fairlead.dev/cpu-usage": "5m", "fairlead.dev/memory-usage": "10Mi"])
        #expect(
            source.metrics(of: pod) == [
                "kind": "PodMetrics", "apiVersion": "metrics.k8s.io/v1beta1",
                "metadata": [
                    "name": "p", "namespace": "n", "creationTimestamp": .string(now.rfc3339), "labels": ["app": "x"],
                ],
                "timestamp": .string(now.rfc3339), "window": "15s",
                "containers": [["name": "c", "usage": ["cpu": "5000000n", "memory": "10240Ki"]]],
            ])
        var node: Value = ["metadata": ["name": "n1", "annotations": ["fairlead.dev/simulated": "true"]]]
        let metrics = try #require(source.metrics(of: node, pods: [pod]))
        #expect(metrics.at("usage", "cpu") == "45000000n")
        #expect(source.metrics(of: [pod], nodes: [node]).count == 1)
        node.annotations["fairlead.dev/down"] = "true"
        #expect(source.metrics(of: node, pods: [pod]) == nil)
        #expect(source.metrics(of: [pod], nodes: [node]).isEmpty)
        var finished = pod
        finished.set("Succeeded", at: "status", "phase")
        #expect(source.metrics(of: finished) == nil)
    }

    @Test func kubeletsHavePages() throws {
        let pages = NodePages(usage: SimulatedUsage(now: { now }, rate: { _, _ in 0 }), now: { now })
        let node: Value = [
            "metadata": [
                "name": "n1", "creationTimestamp": "2026-01-01T00:00:00Z",
                "annotations": ["fairlead.dev/simulated": "true"],
            ],
            "status": ["capacity": ["memory": "8Gi"]],
        ]
        let pod = pod(container, annotations: ["fairlead.dev/memory-usage": "10Mi"])
        let text = try #require(pages.page("/stats/summary", node: node, pods: [pod])).text
        let summary = try JSON.parseStored(Array(text.utf8))
        #expect(summary.at("node", "nodeName") == "n1")
        let first = try #require(summary.items("pods").first)
        #expect(first.at("podRef", "name") == "p")
        #expect(first.items("containers").first?.at("memory", "workingSetBytes") == .int(10 << 20))
        let resources = try #require(pages.page("/metrics/resource", node: node, pods: [pod])).text
        #expect(
            resources.contains(
                "container_memory_working_set_bytes{container=\"c\",namespace=\"n\",pod=\"p\"} 10485760\n")
                || resources.contains(
                    "container_memory_working_set_bytes{container=\"c\",namespace=\"n\",pod=\"p\"} 1.048576e+07\n")
        )
        #expect(try #require(pages.page("/metrics", node: node, pods: [pod])).text.contains("kubelet_running_pods 1\n"))
        #expect(pages.page("/nothing", node: node, pods: []) == nil)
    }
}
