import FairleadModel

extension TablePrinter {
    static let nodes = TablePrinter([
        .name, TableColumn("Status", "The status of the node"), TableColumn("Roles", "The roles of the node"), .age,
        TableColumn("Version", "Kubelet Version reported by the node."),
        TableColumn("Internal-IP", nodeAddresses, wide: true), TableColumn("External-IP", nodeAddresses, wide: true),
        TableColumn(
            "OS-Image", "OS Image reported by the node from /etc/os-release (e.g. Debian GNU/Linux 7 (wheezy)).",
            wide: true),
        TableColumn(
            "Kernel-Version",
            "Kernel Version reported by the node from 'uname -r' (e.g. 3.16.0-0.bpo.4-amd64).", wide: true),
        TableColumn(
            "Container-Runtime",
            "ContainerRuntime Version reported by the node through runtime remote API (e.g. containerd://1.4.2).",
            wide: true),
    ]) { subject in
        let kernel = subject["status", "nodeInfo", "kernelVersion"]?.string ?? ""
        let architecture = subject["status", "nodeInfo", "architecture"]?.string ?? ""
        let kernelText = architecture.isEmpty || kernel.isEmpty ? kernel : "\(kernel) (\(architecture))"
        return [
            subject.name, .string(nodeStatus(subject)), .string(nodeRoles(subject.object.labels)), subject.age,
            subject.text("status", "nodeInfo", "kubeletVersion"), .string(nodeAddress(subject, "InternalIP")),
            .string(nodeAddress(subject, "ExternalIP")),
            subject.text("status", "nodeInfo", "osImage", or: "<unknown>"),
            .string(kernelText.isEmpty ? "<unknown>" : kernelText),
            subject.text("status", "nodeInfo", "containerRuntimeVersion", or: "<unknown>"),
        ]
    }

    private static let nodeAddresses = """
        List of addresses reachable to the node. Queried from cloud provider, if available. More info: \
        https://kubernetes.io/docs/reference/node/node-status/#addresses Note: This field is declared as mergeable, \
        but the merge key is not sufficiently unique, which can cause data corruption when it is merged. Callers \
        should instead use a full-replacement patch. See https://pr.k8s.io/79391 for an example. Consumers should \
        assume that addresses can change during the lifetime of a Node. However, there are some exceptions where \
        this may not be possible, such as Pods that inherit a Node's address in its own status or consumers of the \
        downward API (status.hostIP).
        """

    private static func nodeStatus(_ subject: TableSubject) -> String {
        let ready = subject["status", "conditions"]?.array?.last { $0["type"]?.string == "Ready" }
        var words: [String] = [
            ready.map { $0["status"]?.string == "True" ? "Ready" : "NotReady" } ?? "Unknown"
        ]
        if subject["spec", "unschedulable"]?.bool == true { words.append("SchedulingDisabled") }
        return words.joined(separator: ",")
    }

    private static func nodeRoles(_ labels: [String: String]) -> String {
        let prefix = "node-role.kubernetes.io/"
        var roles: Set<String> = []
        for (key, value) in labels {
            if key.hasPrefix(prefix), key.count > prefix.count { roles.insert(String(key.dropFirst(prefix.count))) }
            if key == "kubernetes.io/role", !value.isEmpty { roles.insert(value) }
        }
        return roles.isEmpty ? "<none>" : roles.sorted().joined(separator: ",")
    }

    private static func nodeAddress(_ subject: TableSubject, _ type: String) -> String {
        subject["status", "addresses"]?.array?.first { $0["type"]?.string == type }?["address"]?.string ?? "<none>"
    }
}
