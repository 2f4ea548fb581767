import FairleadLab
import FairleadModel

/// Objects for a small cluster.
enum LabObjects {
    static func node(
        _ name: String, _ addresses: [String], pods: [String] = [], ready: Bool = true,
        annotations: [String: String] = [:],
        labels: [String: String] = [:], external: [String] = []
    ) -> NodeView {
        let all =
            external.map { ["type": "ExternalIP", "address": .string($0)] as Value }
            + addresses.map { ["type": "InternalIP", "address": .string($0)] as Value }
        var node: Value = [
            "metadata": ["name": .string(name)], "spec": ["podCIDRs": .array(pods.map { .string($0) })],
            "status": [
                "addresses": .array(all), "conditions": [["type": "Ready", "status": ready ? "True" : "False"]],
            ],
        ]
        node.labels = labels
        node.annotations = annotations
        return NodeView(node)
    }

    static func pod(
        _ name: String, on node: String, _ addresses: [String], ports: [Value] = [], phase: String = "Running",
        host: Bool = false, namespace: String = "default", labels: [String: String] = [:], uid: String? = nil
    ) -> PodView {
        var pod: Value = [
            "metadata": [
                "name": .string(name), "namespace": .string(namespace), "uid": .string(uid ?? "uid-\(name)"),
            ],
            "spec": [
                "nodeName": .string(node), "hostNetwork": .bool(host),
                "containers": [["name": "c", "ports": .array(ports)]],
            ],
            "status": [
                "phase": .string(phase), "podIPs": .array(addresses.map { ["ip": .string($0)] }),
            ],
        ]
        pod.labels = labels
        return PodView(pod)
    }

    static func port(_ number: Int64, _ transport: String = "TCP", name: String = "") -> Value {
        ["containerPort": .int(number), "protocol": .string(transport), "name": .string(name)]
    }

    static func balanced(
        _ name: String, at ingress: [Value], local: Bool = false, nodePort: Int64 = 30_080, externalIPs: [String] = []
    ) -> ServiceView {
        ServiceView([
            "metadata": ["name": .string(name), "namespace": "default"],
            "spec": [
                "type": "LoadBalancer", "clusterIP": "10.96.0.10",
                "externalTrafficPolicy": local ? "Local" : "Cluster",
                "externalIPs": .array(externalIPs.map { .string($0) }),
                "ports": [["port": 80, "nodePort": .int(nodePort), "protocol": "TCP"]],
            ],
            "status": ["loadBalancer": ["ingress": .array(ingress)]],
        ])
    }

    static func slice(
        of service: String, namespace: String = "default", _ endpoints: [(address: String, node: String, ready: Bool)],
        port: Int64 = 80
    ) -> EndpointSliceView {
        let entries = endpoints.map { endpoint -> Value in
            [
                "addresses": [.string(endpoint.address)], "nodeName": .string(endpoint.node),
                "conditions": ["ready": .bool(endpoint.ready)],
            ]
        }
        return EndpointSliceView([
            "metadata": [
                "name": .string(service + "-x"), "namespace": .string(namespace),
                "labels": ["kubernetes.io/service-name": .string(service)],
            ],
            "addressType": "IPv4", "endpoints": .array(entries), "ports": [["name": "", "port": .int(port)]],
        ])
    }

    static let nodes = [
        node("node-2", ["172.18.0.3", "fc00::3"], pods: ["10.244.1.0/24", "fd00:0:0:1::/64"]),
        node("node-1", ["172.18.0.2", "fc00::2"], pods: ["10.244.0.0/24", "fd00:0:0:0::/64"]),
    ]

    /// Two nodes of both families, each with a pod; one of them listens on all ports.
    static func cluster(services: [ServiceView] = [], slices: [EndpointSliceView] = [], limits: LabLimits = LabLimits())
        -> LabCluster
    {
        LabCluster(
            nodes: nodes,
            pods: [
                pod("web", on: "node-1", ["10.244.0.2", "fd00::2"], ports: [port(80, name: "http"), port(53, "UDP")]),
                pod("any", on: "node-2", ["10.244.1.2"]),
            ], services: services, slices: slices, limits: limits)
    }
}
