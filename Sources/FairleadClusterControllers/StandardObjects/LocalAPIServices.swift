import FairleadClient
import FairleadModel

/// The APIServices of the groups that the API server serves itself, with their priorities in discovery.
enum LocalAPIServices {
    static let all: [StandardObjects.Item] = groups.map(item)

    /// That of a metrics server, for simulated machines; as its manifest has it, but for the Service.
    static let metrics = item(
        Group(name: "metrics.k8s.io", priority: 100, version: "v1beta1", versionPriority: 100))

    private static func item(_ group: Group) -> StandardObjects.Item {
        let version = group.version
        var spec: Value = [
            "version": .string(version), "groupPriorityMinimum": .int(group.priority),
            "versionPriority": .int(group.versionPriority),
        ]
        if !group.name.isEmpty { spec["group"] = .string(group.name) }
        return StandardObjects.Item(
            resource: .apiServices,
            object: [
                "apiVersion": "apiregistration.k8s.io/v1", "kind": "APIService",
                "metadata": [
                    "name": .string("\(version).\(group.name)"),
                    "labels": [APIServiceRegistration.label: "onstart"],
                ],
                "spec": spec,
            ])
    }

    private struct Group {
        var name: String
        var priority: Int64
        var version = "v1"
        var versionPriority: Int64 = 15
    }

    private static let groups: [Group] = [
        Group(name: "", priority: 18000, versionPriority: 1), Group(name: "apps", priority: 17800),
        Group(name: "events.k8s.io", priority: 17750), Group(name: "authentication.k8s.io", priority: 17700),
        Group(name: "authorization.k8s.io", priority: 17600), Group(name: "autoscaling", priority: 17500),
        Group(name: "autoscaling", priority: 17500, version: "v2", versionPriority: 30),
        Group(name: "batch", priority: 17400), Group(name: "certificates.k8s.io", priority: 17300),
        Group(name: "networking.k8s.io", priority: 17200), Group(name: "policy", priority: 17100),
        Group(name: "rbac.authorization.k8s.io", priority: 17000), Group(name: "storage.k8s.io", priority: 16800),
        Group(name: "apiextensions.k8s.io", priority: 16700),
        Group(name: "admissionregistration.k8s.io", priority: 16700),
        Group(name: "scheduling.k8s.io", priority: 16600), Group(name: "coordination.k8s.io", priority: 16500),
        Group(name: "node.k8s.io", priority: 16300), Group(name: "discovery.k8s.io", priority: 16200),
        Group(name: "resource.k8s.io", priority: 16200, versionPriority: 21),
        Group(name: "flowcontrol.apiserver.k8s.io", priority: 16100, versionPriority: 21),
    ]
}
