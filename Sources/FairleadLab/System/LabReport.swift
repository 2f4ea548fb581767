package import FairleadModel

/// What a running lab says of itself: for `lab status`, `lab exec` and whoever waits until it is up.
package struct LabReport: Hashable, Sendable {
    package struct Node: Hashable, Sendable {
        package var name: String
        package var namespace: String
        package var addresses: [String]
        package var pods: Int
        /// The process of its `fairlead proxy`; nil while there is none.
        package var proxy: Int?
        /// How often the proxy has ended without being told to.
        package var restarts: Int
    }

    /// The process that runs the lab.
    package var process: Int
    package var server: String
    /// The kubeconfig with what the server wants to see; empty if the URL is enough.
    package var kubeconfig: String
    /// The log of the server, if the lab has started it; empty otherwise.
    package var serverLog: String
    /// Whether all of it lives in a user namespace, which has to be entered first.
    package var isPrivate: Bool
    /// Whether everything that the cluster has is there, and every node's proxy has begun.
    package var isReady: Bool
    package var clusterDomain: String
    /// The address of the cluster DNS; empty if there is none.
    package var nameserver: String
    package var nodes: [Node]
    /// Pods with a namespace of their own, and in their nodes' (`hostNetwork`).
    package var pods: Int
    package var hostPods: Int
    package var outside: String
    package var clients: [String]
    /// Addresses of Services that packets from outside can go to, and how.
    package var entrances: [String: String]

    package init(process: Int, server: String, isPrivate: Bool) {
        self.process = process
        self.server = server
        self.isPrivate = isPrivate
        isReady = false
        kubeconfig = ""
        serverLog = ""
        clusterDomain = "cluster.local"
        nameserver = ""
        nodes = []
        pods = 0
        hostPods = 0
        outside = ""
        clients = []
        entrances = [:]
    }

    package var value: Value {
        let machines = nodes.map { node -> Value in
            [
                "name": .string(node.name), "namespace": .string(node.namespace),
                "addresses": .array(node.addresses.map { .string($0) }), "pods": .int(Int64(node.pods)),
                "proxy": node.proxy.map { .int(Int64($0)) } ?? .null, "restarts": .int(Int64(node.restarts)),
            ]
        }
        var ways = Object()
        for (address, way) in entrances { ways[address] = .string(way) }
        return [
            "kind": "Lab", "apiVersion": "fairlead.dev/v1", "process": .int(Int64(process)),
            "server": .string(server), "kubeconfig": .string(kubeconfig), "serverLog": .string(serverLog),
            "private": .bool(isPrivate),
            "ready": .bool(isReady),
            "clusterDomain": .string(clusterDomain), "nameserver": .string(nameserver), "nodes": .array(machines),
            "pods": .int(Int64(pods)), "hostNetworkPods": .int(Int64(hostPods)), "outside": .string(outside),
            "clients": .array(clients.map { .string($0) }), "entrances": .object(ways),
        ]
    }

    /// nil for what is no report.
    package init?(_ value: Value) {
        guard value.text("kind") == "Lab", let process = value["process"]?.int.flatMap({ Int(exactly: $0) }),
            process > 1
        else { return nil }
        self.init(process: process, server: value.text("server"), isPrivate: value.flag("private"))
        isReady = value.flag("ready")
        kubeconfig = value.text("kubeconfig")
        serverLog = value.text("serverLog")
        clusterDomain = value.text("clusterDomain")
        nameserver = value.text("nameserver")
        nodes = value.items("nodes").map { node in
            Node(
                name: node.text("name"), namespace: node.text("namespace"), addresses: node.texts("addresses"),
                pods: Int(clamping: node["pods"]?.int ?? 0), proxy: node["proxy"]?.int.map { Int(clamping: $0) },
                restarts: Int(clamping: node["restarts"]?.int ?? 0))
        }
        pods = Int(clamping: value["pods"]?.int ?? 0)
        hostPods = Int(clamping: value["hostNetworkPods"]?.int ?? 0)
        outside = value.text("outside")
        clients = value.texts("clients")
        entrances = value["entrances"]?.stringMap ?? [:]
    }
}
