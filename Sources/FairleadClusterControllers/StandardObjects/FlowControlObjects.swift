import FairleadClient
import FairleadModel

/// The FlowSchemas and priority levels that every cluster has.
///
/// Reference: k8s.io/apiserver `pkg/apis/flowcontrol/bootstrap`.
enum FlowControlObjects {
    static let all: [StandardObjects.Item] = levels + schemas
    /// Says whether the spec of a default object is kept as it is here.
    static let follows = "apf.kubernetes.io/autoupdate-spec"

    private static let levels: [StandardObjects.Item] = [
        object(
            "exempt", .priorityLevelConfigurations,
            ["type": "Exempt", "exempt": ["nominalConcurrencyShares": 0, "lendablePercent": 0]]),
        object(
            "catch-all", .priorityLevelConfigurations,
            limited(shares: 5, lendable: 0, ["type": "Reject"])),
        level("system", shares: 30, lendable: 33, queues: 64),
        level("node-high", shares: 40, lendable: 25, queues: 64),
        level("leader-election", shares: 10, lendable: 0, queues: 16, hand: 4),
        level("workload-high", shares: 40, lendable: 50, queues: 128),
        level("workload-low", shares: 100, lendable: 90, queues: 128),
        level("global-default", shares: 20, lendable: 50, queues: 128),
    ]

    private static func level(
        _ name: String, shares: Int64, lendable: Int64, queues: Int64, hand: Int64 = 6
    ) -> StandardObjects.Item {
        let queuing: Value = ["queues": .int(queues), "handSize": .int(hand), "queueLengthLimit": 50]
        return object(
            name, .priorityLevelConfigurations,
            limited(shares: shares, lendable: lendable, ["type": "Queue", "queuing": queuing]))
    }

    private static func limited(shares: Int64, lendable: Int64, _ response: Value) -> Value {
        [
            "type": "Limited",
            "limited": [
                "nominalConcurrencyShares": .int(shares), "lendablePercent": .int(lendable), "limitResponse": response,
            ],
        ]
    }

    private static let everybody = [group("system:unauthenticated"), group("system:authenticated")]
    private static let kubeSystem: Value = [
        "kind": "ServiceAccount", "serviceAccount": ["name": "*", "namespace": "kube-system"],
    ]

    private static let schemas: [StandardObjects.Item] = [
        schema("exempt", 1, "exempt", by: nil, [group("system:masters")]),
        schema(
            "probes", 2, "exempt", by: nil, everybody, resources: [],
            paths: [["verbs": ["get"], "nonResourceURLs": ["/healthz", "/readyz", "/livez"]]]),
        schema(
            "system-leader-election", 100, "leader-election", by: "ByUser",
            [user("system:kube-controller-manager"), user("system:kube-scheduler"), kubeSystem],
            resources: [resources(["leases"], of: "coordination.k8s.io", ["get", "create", "update"])], paths: []),
        schema(
            "system-node-high", 400, "node-high", by: "ByUser", [group("system:nodes")],
            resources: [
                resources(["nodes", "nodes/status"], of: "", ["*"], clusterScope: true),
                resources(["leases"], of: "coordination.k8s.io", ["*"]),
            ], paths: []),
        schema("system-nodes", 500, "system", by: "ByUser", [group("system:nodes")]),
        schema(
            "kube-controller-manager", 800, "workload-high", by: "ByNamespace",
            [user("system:kube-controller-manager")]),
        schema("kube-scheduler", 800, "workload-high", by: "ByNamespace", [user("system:kube-scheduler")]),
        schema("kube-system-service-accounts", 900, "workload-high", by: "ByNamespace", [kubeSystem]),
        schema("service-accounts", 9000, "workload-low", by: "ByUser", [group("system:serviceaccounts")]),
        schema("global-default", 9900, "global-default", by: "ByUser", everybody),
        schema("catch-all", 10000, "catch-all", by: "ByUser", everybody),
    ]

    /// - Parameter by: how requests are split into flows; nil if they are not.
    private static func schema(
        _ name: String, _ precedence: Int64, _ level: String, by method: String?, _ subjects: [Value],
        resources: [Value] = [FlowControlObjects.resources(["*"], of: "*", ["*"], clusterScope: true)],
        paths: [Value] = [["verbs": ["*"], "nonResourceURLs": ["*"]]]
    ) -> StandardObjects.Item {
        var rule: Value = ["subjects": .array(subjects)]
        if !resources.isEmpty { rule["resourceRules"] = .array(resources) }
        if !paths.isEmpty { rule["nonResourceRules"] = .array(paths) }
        var spec: Value = [
            "matchingPrecedence": .int(precedence), "priorityLevelConfiguration": ["name": .string(level)],
            "rules": [rule],
        ]
        if let method { spec["distinguisherMethod"] = ["type": .string(method)] }
        return object(name, .flowSchemas, spec)
    }

    private static func user(_ name: String) -> Value { ["kind": "User", "user": ["name": .string(name)]] }
    private static func group(_ name: String) -> Value { ["kind": "Group", "group": ["name": .string(name)]] }

    private static func resources(
        _ names: [String], of group: String, _ verbs: [String], clusterScope: Bool = false
    ) -> Value {
        var rule: Value = [
            "verbs": .array(verbs.map(Value.string)), "apiGroups": [.string(group)],
            "resources": .array(names.map(Value.string)), "namespaces": ["*"],
        ]
        if clusterScope { rule["clusterScope"] = true }
        return rule
    }

    private static func object(
        _ name: String, _ resource: GroupVersionResource, _ spec: Value
    ) -> StandardObjects.Item {
        let kind = resource == .flowSchemas ? "FlowSchema" : "PriorityLevelConfiguration"
        return StandardObjects.Item(
            resource: resource,
            object: [
                "apiVersion": .string(resource.apiVersion), "kind": .string(kind),
                "metadata": [
                    "name": .string(name), "annotations": [follows: "true"],
                ],
                "spec": spec,
            ])
    }
}
