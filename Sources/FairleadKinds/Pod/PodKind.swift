import FairleadModel
import FairleadSchema

extension Kind {
    static let pod = Kind(
        "Pod", resource: "pods", shortNames: ["po"], categories: ["all"],
        subresources: [
            .part("attach", "PodAttachOptions", ["create", "get"]),
            .part("binding", "Binding", ["create"]),
            .part("ephemeralcontainers", "Pod"),
            SubresourceInfo(
                name: "eviction", kind: "Eviction", group: "policy", version: "v1", verbs: ["create"]),
            .part("exec", "PodExecOptions", ["create", "get"]),
            .part("log", "Pod", ["get"]),
            .part("portforward", "PodPortForwardOptions", ["create", "get"]),
            .proxy("PodProxyOptions"),
            .part("resize", "Pod"),
            .status("Pod"),
        ], package: "core.v1", storageHash: "xPOwRZ+Yhw8=", strategy: PodStrategy(), columns: .pods)
}
