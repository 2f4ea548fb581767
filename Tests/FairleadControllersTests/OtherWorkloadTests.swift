import FairleadClient
import FairleadClientTesting
import FairleadModel
import Testing

@testable import FairleadControllers

/// StatefulSet, DaemonSet and ServiceAccount against an in-memory API server.
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

    /// Nodes, and pods of a DaemonSet on them: `(node, is of the present template, is ready)`.
    private func daemonSetPlan(
        _ update: Value, _ pods: [(node: String, isNew: Bool, isReady: Bool)]
    ) -> DaemonSetReconciler.Plan {
        var set = workload("DaemonSet", "d", spec: ["updateStrategy": update])
        set.set("n", at: "metadata", "namespace")
        let nodes: [Value] = ["a", "b", "c", "d"].map { ["kind": "Node", "metadata": ["name": .string($0)]] }
        let bound = pods.enumerated().map { index, entry in
            var pod = Fixture.pod("\(entry.node)-\(index)", node: entry.node, ready: entry.isReady)
            pod.labels["controller-revision-hash"] = entry.isNew ? "new" : "old"
            return pod
        }
        return DaemonSetReconciler(daemonSet: set, nodes: nodes, pods: bound, hash: "new", now: Fixture.now).plan()
    }

    @Test func daemonSetReplacesWhatServesNobodyFirst() {
        let rolling: Value = ["type": "RollingUpdate", "rollingUpdate": ["maxUnavailable": 2, "maxSurge": 0]]
        let plan = daemonSetPlan(
            rolling, [("a", false, true), ("b", false, false), ("c", true, true), ("d", false, true)])
        #expect(plan.delete.map(\.name) == ["b-1", "a-0"] && plan.create.isEmpty)
        #expect(daemonSetPlan(["type": "OnDelete"], ["a", "b", "c", "d"].map { ($0, false, true) }).delete.isEmpty)
    }

    @Test func daemonSetSurges() {
        let surging: Value = ["type": "RollingUpdate", "rollingUpdate": ["maxUnavailable": 0, "maxSurge": 1]]
        func nodes(_ plan: DaemonSetReconciler.Plan) -> [String] {
            plan.create.map { DaemonSetReconciler.node(of: $0) }
        }
        let begun = daemonSetPlan(surging, ["a", "b", "c", "d"].map { ($0, false, true) })
        #expect(nodes(begun) == ["a"] && begun.delete.isEmpty)
        // What serves nobody is replaced at once, beyond the limit.
        let unwell = daemonSetPlan(
            surging, [("a", false, true), ("b", false, false), ("c", false, true), ("d", true, true)])
        #expect(nodes(unwell) == ["b", "a"])
        // The old pod goes when the new one is available.
        let pair: [(String, Bool, Bool)] = [
            ("a", false, true), ("b", true, true), ("c", true, true), ("d", true, true),
        ]
        #expect(daemonSetPlan(surging, pair + [("a", true, false)]).delete.isEmpty)
        #expect(daemonSetPlan(surging, pair + [("a", true, true)]).delete.map(\.name) == ["a-0"])
        #expect(
            daemonSetPlan(surging, pair.map { ($0.0, $0.1, false) } + [("a", true, false)]).delete.map(\.name) == [
                "a-0"
            ])
    }

    @Test func daemonPodsThatEndedAreReportedAndReplaced() {
        var set = workload("DaemonSet", "d", spec: [:])
        set.set("n", at: "metadata", "namespace")
        let pods = [Fixture.pod("p", node: "a", phase: "Failed"), Fixture.pod("q", node: "b", phase: "Succeeded")]
        let nodes: [Value] = ["a", "b"].map { ["kind": "Node", "metadata": ["name": .string($0)]] }
        let plan = DaemonSetReconciler(daemonSet: set, nodes: nodes, pods: pods, hash: "h", now: Fixture.now).plan()
        #expect(plan.delete.map(\.name) == ["p", "q"] && plan.create.isEmpty)
        #expect(
            plan.reports.map(\.message) == [
                "Found failed daemon pod n/p on node a, will try to kill it",
                "Found succeeded daemon pod n/q on node b, will try to delete it",
            ])
    }

    private func statefulSet(
        _ spec: Object, _ pods: [Value], update: Value = ["metadata": ["name": "r2"]],
        current: Value? = ["metadata": ["name": "r1"]], claims: [Value] = []
    ) -> StatefulSetReconciler {
        var set = workload("StatefulSet", "w", spec: spec)
        set.set("n", at: "metadata", "namespace")
        set.set("u", at: "metadata", "uid")
        return StatefulSetReconciler(
            set: set, pods: pods, update: update, current: current,
            storedClaim: { name in claims.first { $0.name == name } }, now: Fixture.now)
    }

    private func member(_ name: String, revision: String, ready: Bool = true) -> Value {
        var pod = Fixture.pod(name, node: "n", ready: ready)
        pod.labels["controller-revision-hash"] = revision
        pod.labels[StatefulSetReconciler.podName] = name
        return pod
    }

    /// The partition counts pods from the first ordinal on.
    @Test func statefulSetUpdatesDownToItsPartition() {
        let spec: Object = [
            "replicas": 2, "ordinals": ["start": 5],
            "updateStrategy": ["type": "RollingUpdate", "rollingUpdate": ["partition": 1]],
        ]
        let old = statefulSet(spec, [member("w-5", revision: "r1"), member("w-6", revision: "r1")])
        #expect(old.plan().delete.map(\.name) == ["w-6"])
        #expect(old.status(after: old.plan()).text("currentRevision") == "r1")
        #expect(old.status(after: old.plan())["currentReplicas"] == 1)
        let new = statefulSet(spec, [member("w-5", revision: "r1"), member("w-6", revision: "r2")])
        #expect(new.plan().delete.isEmpty)
        let missing = statefulSet(spec, [member("w-6", revision: "r2")])
        #expect(missing.plan().create.first?.pod.labels["controller-revision-hash"] == "r1")
    }

    @Test func statefulSetIsDoneWhenAllPodsAreNewAndReady() {
        let done = statefulSet(["replicas": 1], [member("w-0", revision: "r2")])
        #expect(done.status(after: done.plan()).text("currentRevision") == "r2")
        #expect(done.status(after: done.plan())["currentReplicas"] == 1)
        let onDelete = statefulSet(
            ["replicas": 1, "updateStrategy": ["type": "OnDelete"]], [member("w-0", revision: "r2")])
        #expect(onDelete.status(after: onDelete.plan()).text("currentRevision") == "r1")
        #expect(onDelete.plan().delete.isEmpty)
    }

    @Test func statefulSetShrinksFromTheTopAndUnwellOnesFromBelow() {
        let pods = [
            member("w-0", revision: "r2"), member("w-1", revision: "r2"), member("w-2", revision: "r2", ready: false),
        ]
        #expect(statefulSet(["replicas": 1], pods).plan().delete.map(\.name) == ["w-2"])
        let both = [pods[0], member("w-1", revision: "r2", ready: false), pods[2]]
        #expect(statefulSet(["replicas": 1], both).plan().delete.isEmpty)
        #expect(
            statefulSet(["replicas": 1, "podManagementPolicy": "Parallel"], both).plan().delete.map(\.name)
                == ["w-2", "w-1"])
    }

    @Test(arguments: [
        ("Retain", "Retain", []), ("Delete", "Retain", ["StatefulSet", "StatefulSet"]), ("Retain", "Delete", ["Pod"]),
        ("Delete", "Delete", ["StatefulSet", "Pod"]),
    ])
    func claimsGoWithTheirPodOrTheirSet(whenDeleted: String, whenScaled: String, owners: [String]) {
        let claims: [Value] = ["d-w-0", "d-w-1"].map { ["metadata": ["name": .string($0), "namespace": "n"]] }
        let plan = statefulSet(
            [
                "replicas": 1, "volumeClaimTemplates": [["metadata": ["name": "d"], "spec": [:]]],
                "persistentVolumeClaimRetentionPolicy": [
                    "whenDeleted": .string(whenDeleted), "whenScaled": .string(whenScaled),
                ],
            ], [member("w-0", revision: "r2"), member("w-1", revision: "r2")], claims: claims
        ).plan()
        #expect(plan.claimPatches.flatMap { $0.patch.ownerReferences.map(\.kind) } == owners)
        #expect(plan.delete.map(\.name) == ["w-1"])
    }

    /// A pod that comes again must not take a claim that goes with the one before.
    @Test func podsWaitForTheClaimsOfTheirPredecessors() {
        func plan(_ metadata: Object, whenScaled: String) -> StatefulSetReconciler.Plan {
            var claim: Value = ["metadata": .object(metadata)]
            claim.name = "d-w-0"
            return statefulSet(
                [
                    "replicas": 1, "volumeClaimTemplates": [["metadata": ["name": "d"], "spec": [:]]],
                    "persistentVolumeClaimRetentionPolicy": ["whenScaled": .string(whenScaled)],
                ], [], claims: [claim]
            ).plan()
        }
        let stale: Object = [
            "ownerReferences": [["apiVersion": "v1", "kind": "Pod", "name": "w-0", "uid": "old", "controller": true]]
        ]
        #expect(plan(stale, whenScaled: "Delete").create.isEmpty)
        #expect(plan(stale, whenScaled: "Delete").obstructed.map(\.claims) == [[]])
        #expect(plan(stale, whenScaled: "Retain").create.count == 1)
        let leaving: Object = ["deletionTimestamp": "2026-01-01T00:00:00Z"]
        #expect(plan(leaving, whenScaled: "Retain").obstructed.map(\.claims) == [["d-w-0"]])
    }

    @Test func replicationControllersKeepTheirPods() async throws {
        let cluster = MemoryCluster()
        let make: (InformerSet) -> [any Controller] = { informers in
            [ReplicationControllerController.descriptor.make(informers, cluster.environment)]
        }
        try await withControllers(cluster, make) {
            var controller = workload("ReplicationController", "r", spec: ["replicas": 2], apiVersion: "v1")
            controller.set(["app": "a"], at: "spec", "selector")
            _ = try await cluster.create(.replicationControllers, namespace: "n", controller)
            #expect(await eventually { cluster.all(.pods).count == 2 })
            let owner = try #require(cluster.all(.pods).first?.controllerRef)
            #expect(owner.kind == "ReplicationController" && owner.apiVersion == "v1")
            #expect(
                await eventually {
                    cluster.all(.replicationControllers).first?.at("status", "replicas")?.int == 2
                })
            #expect(cluster.all(.replicationControllers).first?.at("status", "terminatingReplicas") == nil)
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
            [
                TokenSecretController.descriptor.make(informers, cluster.environment) {
                    $0.rootCertificates = "PEM"
                    $0.secretToken = { namespace, account, secret in "\(namespace)/\(account.name)/\(secret)" }
                }
            ]
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
            #expect(Base64.decode(filled.text("data", "token")) == Array("n/a/s".utf8))
            #expect(filled.text("data", "ca.crt") == "UEVN")
            #expect(filled.text("data", "namespace") == "bg==")
            try await cluster.delete(.serviceAccounts, namespace: "n", name: "a")
            #expect(await eventually { cluster.all(.secrets).isEmpty })
        }
    }
}
