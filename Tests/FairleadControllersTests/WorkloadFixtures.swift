import FairleadModel

/// Objects for the tests of workload controllers.
enum Fixture {
    static let now = Timestamp(seconds: 1_800_000_000)

    static func template(image: String = "img:1") -> Value {
        ["metadata": ["labels": ["app": "a"]], "spec": ["containers": [["name": "c", "image": .string(image)]]]]
    }

    static func deployment(
        replicas: Int64, image: String = "img:1",
        strategy: Value = ["type": "RollingUpdate", "rollingUpdate": ["maxSurge": 1, "maxUnavailable": 0]]
    ) -> Value {
        [
            "apiVersion": "apps/v1", "kind": "Deployment",
            "metadata": ["name": "d", "namespace": "n", "uid": "uid-d", "generation": 1],
            "spec": [
                "replicas": .int(replicas), "selector": ["matchLabels": ["app": "a"]],
                "template": template(image: image),
                "strategy": strategy, "progressDeadlineSeconds": 600, "revisionHistoryLimit": 10,
            ],
        ]
    }

    /// A ReplicaSet of `deployment()` as its controller would have left it.
    static func set(
        _ name: String, image: String, size: Int64, available: Int64? = nil, revision: Int64 = 1,
        desired: Int64, maximum: Int64, created: Int64 = 0
    ) -> Value {
        var template = template(image: image)
        template.set(.string(name), at: "metadata", "labels", "pod-template-hash")
        var set: Value = [
            "apiVersion": "apps/v1", "kind": "ReplicaSet",
            "metadata": [
                "name": .string(name), "namespace": "n", "uid": .string("uid-\(name)"), "generation": 1,
                "creationTimestamp": .string(now.adding(seconds: Double(created) - 1000).rfc3339),
                "annotations": [
                    "deployment.kubernetes.io/revision": .string(String(revision)),
                    "deployment.kubernetes.io/desired-replicas": .string(String(desired)),
                    "deployment.kubernetes.io/max-replicas": .string(String(maximum)),
                ],
            ],
            "spec": ["replicas": .int(size), "template": template],
            "status": ["replicas": .int(size), "observedGeneration": 1, "terminatingReplicas": 0],
        ]
        let available = available ?? size
        set.set(.int(available), at: "status", "availableReplicas")
        set.set(.int(available), at: "status", "readyReplicas")
        return set
    }

    static func pod(
        _ name: String, node: String = "", phase: String = "Running", ready: Bool = true, cost: String? = nil,
        readyFor: Double = 100, restarts: Int64 = 0
    ) -> Value {
        var pod: Value = [
            "apiVersion": "v1", "kind": "Pod",
            "metadata": [
                "name": .string(name), "namespace": "n", "uid": .string("uid-\(name)"), "labels": ["app": "a"],
            ],
            "spec": .object(Object()),
            "status": [
                "phase": .string(phase),
                "conditions": [
                    [
                        "type": "Ready", "status": ready ? "True" : "False",
                        "lastTransitionTime": .string(now.adding(seconds: -readyFor).rfc3339),
                    ]
                ],
                "containerStatuses": [["restartCount": .int(restarts)]],
            ],
        ]
        if !node.isEmpty { pod.set(.string(node), at: "spec", "nodeName") }
        if let cost { pod.annotations[PodDeletionCost.annotation] = cost }
        return pod
    }
}

enum PodDeletionCost { static let annotation = "controller.kubernetes.io/pod-deletion-cost" }

/// A pod's status as a kubelet would report it when all is well.
let readyStatus: Value = [
    "status": ["phase": "Running", "conditions": [["type": "Ready", "status": "True"]]]
]
