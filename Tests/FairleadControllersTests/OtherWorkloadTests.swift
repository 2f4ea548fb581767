import FairleadClient
import FairleadClientTesting
import FairleadModel
import Testing

@testable import FairleadControllers

/// StatefulSet, DaemonSet, Job and ServiceAccount against an in-memory API server.
@Suite struct OtherWorkloadTests {
    private func workload(_ kind: String, _ name: String, spec: Object, apiVersion: String = "apps/v1") -> Value {
        var spec = spec
        spec["selector"] = ["matchLabels": ["app": "a"]]
        if spec["template"] == nil { spec["template"] = Fixture.template() }
        return [
            "apiVersion": .string(apiVersion), "kind": .string(kind), "metadata": ["name": .string(name)],
            "spec": .object(spec),
        ]
    }

    private func report(_ cluster: MemoryCluster, _ pod: String, _ status: Value) async throws {
        _ = try await cluster.patch(.pods, namespace: "n", name: pod, status, subresource: "status")
    }

    @Test func statefulSetGoesUpInOrderAndUpdatesFromTheTop() async throws {
        let cluster = MemoryCluster()
        let make: (InformerSet) -> [any Controller] = { informers in
            [StatefulSetController.descriptor.make(informers, cluster.environment)]
        }
        try await withControllers(cluster, make) {
            let set = workload(
                "StatefulSet", "w",
                spec: [
                    "replicas": 2, "serviceName": "s",
                    "volumeClaimTemplates": [["metadata": ["name": "data"], "spec": [:]]],
                ])
            _ = try await cluster.create(.statefulSets, namespace: "n", set)
            #expect(await eventually { cluster.all(.pods).map(\.name) == ["w-0"] })
            let first = try #require(cluster.all(.pods).first)
            #expect(first.text("spec", "hostname") == "w-0")
            #expect(first.text("spec", "subdomain") == "s")
            #expect(first.items("spec", "volumes").first?.text("persistentVolumeClaim", "claimName") == "data-w-0")
            #expect(first.labels["apps.kubernetes.io/pod-index"] == "0")
            try await report(cluster, "w-0", readyStatus)
            #expect(await eventually { cluster.all(.pods).map(\.name) == ["w-0", "w-1"] })
            try await report(cluster, "w-1", readyStatus)
            #expect(await eventually { cluster.all(.statefulSets).first?.at("status", "readyReplicas")?.int == 2 })
            let oldRevision = first.labels["controller-revision-hash"]

            try await cluster.patch(
                .statefulSets, namespace: "n", name: "w", ["spec": ["template": Fixture.template(image: "img:2")]])
            let topIsNew = await eventually {
                let top = cluster.all(.pods).last
                return top?.name == "w-1" && top?.labels["controller-revision-hash"] != oldRevision
            }
            #expect(topIsNew)
            #expect(cluster.all(.pods).first?.labels["controller-revision-hash"] == oldRevision)
            try await report(cluster, "w-1", readyStatus)
            #expect(await eventually { cluster.all(.pods).first?.labels["controller-revision-hash"] != oldRevision })
        }
    }

    @Test func daemonSetPutsAPodOnEveryMatchingNode() async throws {
        let cluster = MemoryCluster()
        func node(_ name: String, _ taints: [Value] = []) -> Value {
            [
                "kind": "Node", "metadata": ["name": .string(name), "labels": ["pool": "x"]],
                "spec": ["taints": .array(taints)],
            ]
        }
        let make: (InformerSet) -> [any Controller] = { informers in
            [DaemonSetController.descriptor.make(informers, cluster.environment)]
        }
        try await withControllers(cluster, make) {
            _ = try await cluster.create(.nodes, namespace: "", node("a"))
            _ = try await cluster.create(
                .nodes, namespace: "", node("tainted", [["key": "k", "effect": "NoSchedule"]]))
            var template = Fixture.template()
            template.set(["pool": "x"], at: "spec", "nodeSelector")
            _ = try await cluster.create(
                .daemonSets, namespace: "n", workload("DaemonSet", "d", spec: ["template": template]))
            #expect(
                await eventually { cluster.all(.daemonSets).first?.at("status", "currentNumberScheduled")?.int == 1 })
            let pod = try #require(cluster.all(.pods).first)
            #expect(DaemonSetReconciler.node(of: pod) == "a")
            #expect(pod.items("spec", "tolerations").count == 6)
            _ = try await cluster.create(.nodes, namespace: "", node("b"))
            #expect(await eventually { cluster.all(.pods).count == 2 })
            #expect(
                cluster.all(.daemonSets).first?.at("status", "desiredNumberScheduled")?.int == 1
                    || cluster.all(.pods).count == 2)
        }
    }

    @Test func jobCountsItsPodOnceAndCompletes() async throws {
        let cluster = MemoryCluster()
        let make: (InformerSet) -> [any Controller] = { informers in
            [JobController.descriptor.make(informers, cluster.environment)]
        }
        try await withControllers(cluster, make) {
            let job = workload(
                "Job", "j", spec: ["parallelism": 1, "completions": 1, "backoffLimit": 6], apiVersion: "batch/v1")
            _ = try await cluster.create(JobController.jobs, namespace: "n", job)
            #expect(await eventually { cluster.all(.pods).count == 1 })
            let pod = try #require(cluster.all(.pods).first)
            #expect(pod.finalizers == [JobReconciler.finalizer])
            try await report(cluster, pod.name, ["status": ["phase": "Succeeded"]])
            func hasCompleted() -> Bool {
                let job = cluster.all(JobController.jobs).first ?? .null
                return job.items("status", "conditions").contains { $0.text("type") == "Complete" }
            }
            #expect(await eventually { hasCompleted() })
            let status = cluster.all(JobController.jobs).first?["status"]
            #expect(status?["succeeded"]?.int == 1)
            #expect(status?["uncountedTerminatedPods"] == .object(Object()))
            #expect(status?["active"] == nil)
            #expect(cluster.all(.pods).first?.finalizers == [])
        }
    }

    @Test func namespaceGetsAccountAndCertificateBack() async throws {
        let cluster = MemoryCluster()
        let make: (InformerSet) -> [any Controller] = { informers in
            [
                ServiceAccountController.descriptor.make(informers, cluster.environment),
                RootCertificateController.descriptor.make(informers, cluster.environment) {
                    $0.rootCertificates = "PEM"
                },
            ]
        }
        try await withControllers(cluster, make) {
            _ = try await cluster.create(.namespaces, namespace: "", ["kind": "Namespace", "metadata": ["name": "n"]])
            #expect(
                await eventually { cluster.all(.serviceAccounts).count == 1 && cluster.all(.configMaps).count == 1 })
            let old = cluster.all(.serviceAccounts).map(\.uid)
            try await cluster.delete(.serviceAccounts, namespace: "n", name: "default")
            #expect(
                await eventually {
                    cluster.all(.serviceAccounts).count == 1 && cluster.all(.serviceAccounts).map(\.uid) != old
                })
            try await cluster.patch(.configMaps, namespace: "n", name: "kube-root-ca.crt", ["data": ["ca.crt": "bad"]])
            #expect(await eventually { cluster.all(.configMaps).first?.text("data", "ca.crt") == "PEM" })
        }
    }

    @Test func tokenSecretsAreFilledAndLeaveWithTheirAccount() async throws {
        let cluster = MemoryCluster()
        let make: (InformerSet) -> [any Controller] = { informers in
            [TokenSecretController.descriptor.make(informers, cluster.environment) { $0.rootCertificates = "PEM" }]
        }
        func secret(_ name: String, of account: String) -> Value {
            [
                "kind": "Secret", "type": "kubernetes.io/service-account-token",
                "metadata": [
                    "name": .string(name), "namespace": "n",
                    "annotations": ["kubernetes.io/service-account.name": .string(account)],
                ],
            ]
        }
        try await withControllers(cluster, make) {
            let account = try await cluster.create(
                .serviceAccounts, namespace: "n",
                ["kind": "ServiceAccount", "metadata": ["name": "a", "namespace": "n"]])
            _ = try await cluster.create(.secrets, namespace: "n", secret("s", of: "a"))
            _ = try await cluster.create(.secrets, namespace: "n", secret("t", of: "nobody"))
            #expect(
                await eventually {
                    cluster.all(.secrets).map(\.name) == ["s"] && cluster.all(.secrets)[0].at("data", "token") != nil
                })
            let filled = cluster.all(.secrets)[0]
            #expect(filled.annotations["kubernetes.io/service-account.uid"] == account.uid)
            #expect(filled.text("data", "ca.crt") == "UEVN")
            #expect(filled.text("data", "namespace") == "bg==")
            try await cluster.delete(.serviceAccounts, namespace: "n", name: "a")
            #expect(await eventually { cluster.all(.secrets).isEmpty })
        }
    }
}
