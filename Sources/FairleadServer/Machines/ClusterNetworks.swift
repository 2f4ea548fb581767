import FairleadContainers
import FairleadModel
import FairleadPodNetwork
import FairleadSimulation

/// The network of the cluster as the kubelets use it.
struct ClusterNetworks: PodNetworks {
    let network: PodNetwork

    func stack(of pod: PodIdentity, user: String) -> any NetworkStack {
        if pod.usesHostNetwork {
            return network.stack(ofHostPod: pod.uid, node: pod.node, addresses: pod.addresses, user: user)
        }
        let ports = pod.hostPorts.map { port in
            PublishedPort(
                address: port.address, port: port.number, containerPort: port.containerPort,
                transport: port.isUDP ? .udp : .tcp)
        }
        return network.stack(
            ofPod: pod.uid, addresses: pod.addresses, node: pod.node, user: user, ports: ports)
    }

    func release(pod uid: String, user: String) { network.release(pod: uid, user: user) }

    func remove(pod uid: String) { network.remove(pod: uid) }

    func connect(insidePod uid: String, port: UInt16) async throws(NetworkError) -> Connection {
        try await network.connect(insidePod: uid, port: port)
    }

    func connect(
        fromNode node: String?, to destination: NetworkAddress, within limit: Duration
    ) async throws(NetworkError) -> Connection {
        try await network.connect(fromNode: node, to: destination, within: limit)
    }
}
