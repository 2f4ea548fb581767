package import FairleadModel

/// A socket that the lab listens on, and what answers there.
struct Listener: Hashable, Sendable {
    enum Purpose: Hashable, Sendable {
        /// The echo of a pod's container.
        case echo(EchoIdentity)
        /// The same, for all ports of a pod that declares none: the real one is asked of the kernel.
        case echoOnAllPorts(EchoIdentity)
        /// Questions go to the cluster DNS.
        case clusterDNS
        /// Connections go to the API server: unchanged where its address is the one that it has on the machine, and
        /// otherwise so that it takes itself for meant.
        case apiServer(isLocal: Bool)
        /// Connections go to the node port of a Service, from the balancer's address.
        case balancer(BalancerPort)
    }

    let namespace: String
    /// What the namespace stands for: if that changes, the socket belongs to another one.
    let identity: String
    /// An address; `::` for all of both families, or of IPv6 alone in a pod that listens on all ports.
    let address: String
    let port: Int
    let transport: LabTransport
    let purpose: Purpose
}

/// Whose echo it is.
package struct EchoIdentity: Hashable, Sendable {
    package let pod: ObjectName
    package let node: String
    package let addresses: [IPAddress]
    /// The name of the port; empty if it has none.
    package let portName: String

    package init(pod: ObjectName, node: String, addresses: [IPAddress], portName: String = "") {
        self.pod = pod
        self.node = node
        self.addresses = addresses
        self.portName = portName
    }

    init(_ pod: LabPod, portName: String = "") {
        self.init(pod: pod.name, node: pod.nodeName, addresses: pod.addresses, portName: portName)
    }
}

extension LabPlan {
    /// Every socket of the lab.
    ///
    /// - Parameter apiPort: where the API server answers in the namespaces of nodes, on 127.0.0.1.
    static func listeners(
        _ cluster: LabCluster, names: LabNames, apiPort: Int, servesDNS: Bool
    ) -> Set<Listener> {
        var all: Set<Listener> = []
        for node in cluster.nodes {
            all.insert(
                Listener(
                    namespace: names.node(node.name), identity: "node", address: "127.0.0.1", port: apiPort,
                    transport: .tcp, purpose: .apiServer(isLocal: true)))
        }
        for endpoint in cluster.serverEndpoints {
            all.insert(
                Listener(
                    namespace: names.fabric, identity: "fabric", address: endpoint.address.description,
                    port: endpoint.port, transport: .tcp, purpose: .apiServer(isLocal: false)))
        }
        for port in cluster.balancers.keys {
            all.insert(
                Listener(
                    namespace: names.fabric, identity: "fabric", address: port.address.description, port: port.port,
                    transport: .tcp, purpose: .balancer(port)))
        }
        for pod in cluster.pods where pod.isRunning {
            all.formUnion(listeners(of: pod, cluster, names, servesDNS: servesDNS))
        }
        return all
    }

    private static func listeners(
        of pod: LabPod, _ cluster: LabCluster, _ names: LabNames, servesDNS: Bool
    ) -> [Listener] {
        let namespace = pod.usesHostNetwork ? names.node(pod.nodeName) : names.pod(pod.name)
        let identity = pod.usesHostNetwork ? "node" : pod.uid
        func listener(_ address: String, _ port: Int, _ transport: LabTransport, _ purpose: Listener.Purpose)
            -> Listener
        {
            Listener(
                namespace: namespace, identity: identity, address: address, port: port, transport: transport,
                purpose: purpose)
        }
        if pod.listensOnAllPorts {
            let purpose = Listener.Purpose.echoOnAllPorts(EchoIdentity(pod))
            let families = Set(pod.addresses.map(\.isIPv4))
            return LabTransport.allCases.flatMap { transport in
                families.map { listener($0 ? "0.0.0.0" : "::", allPorts, transport, purpose) }
            }
        }
        // A node has other listeners than the pod's, and each of its addresses is one that packets come to.
        let node = cluster.nodes.first { $0.name == pod.nodeName }
        let addresses = pod.usesHostNetwork ? (node?.addresses ?? []).map(\.description) : ["::"]
        return pod.ports.flatMap { port in
            let isDNS = servesDNS && pod.answersDNS && port.number == 53
            let echo = Listener.Purpose.echo(EchoIdentity(pod, portName: port.name))
            return addresses.map { listener($0, port.number, port.transport, isDNS ? .clusterDNS : echo) }
        }
    }
}
