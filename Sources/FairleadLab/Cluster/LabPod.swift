package import FairleadModel

/// A Pod that has addresses, as the lab builds it.
package struct LabPod: Hashable, Sendable {
    package struct Port: Hashable, Sendable {
        package let number: Int
        package let transport: LabTransport
        /// Empty if the port has no name.
        package let name: String
    }

    package let name: ObjectName
    package let uid: String
    package let nodeName: String
    package let addresses: [IPAddress]
    package let usesHostNetwork: Bool
    /// Whether its containers run: only then does anything listen. Readiness has nothing to do with it.
    package let isRunning: Bool
    /// What its containers declare, each number and protocol once.
    package let ports: [Port]
    /// Whether it declares no port at all. Such a pod may listen on any, so the lab's does on all.
    package let listensOnAllPorts: Bool
    /// Whether it belongs to the cluster DNS, and answers questions on port 53.
    package let answersDNS: Bool

    /// nil for a pod that has no addresses: not scheduled, not started, finished.
    package init?(_ pod: PodView) {
        let addresses = pod.podIPs.compactMap { IPAddress($0) }
        guard !pod.isFinished, !addresses.isEmpty, !pod.nodeName.isEmpty else { return nil }
        name = ObjectName(namespace: pod.namespace, name: pod.name)
        uid = pod.uid
        nodeName = pod.nodeName
        self.addresses = addresses
        usesHostNetwork = pod.hostNetwork
        isRunning = pod.phase == "Running"
        let declared = pod.containerPorts
        var ports: [Port] = []
        for port in declared {
            guard let transport = LabTransport(rawValue: port.protocolName), (1...65535).contains(port.number),
                let number = Int(exactly: port.number),
                !ports.contains(where: { $0.number == number && $0.transport == transport })
            else { continue }
            ports.append(Port(number: number, transport: transport, name: port.name))
        }
        self.ports = ports
        listensOnAllPorts = declared.isEmpty && !pod.hostNetwork
        answersDNS = pod.namespace == "kube-system" && pod.labels["k8s-app"] == "kube-dns"
    }
}
