import FairleadContainers
package import FairleadModel
package import FairleadRouting

/// A port of a node that leads to a pod on it: `hostPort`.
package struct PublishedPort: Hashable, Sendable {
    /// nil for every address of the node, loopback among them.
    package var address: IPAddress?
    package var port: UInt16
    package var containerPort: UInt16
    package var transport: Transport

    package init(address: IPAddress? = nil, port: UInt16, containerPort: UInt16, transport: Transport = .tcp) {
        self.address = address.flatMap { $0.isUnspecified ? nil : $0 }
        self.port = port
        self.containerPort = containerPort
        self.transport = transport
    }

    /// Those of all containers that run for as long as the pod does; none for pods in the host network.
    package static func all(of pod: PodView) -> [PublishedPort] {
        if pod.hostNetwork { return [] }
        return (pod.containers + pod.restartableInitContainers).flatMap { $0.items("ports") }.compactMap { port in
            guard let number = port["hostPort"]?.int.flatMap({ UInt16(exactly: $0) }), number > 0,
                let inner = port["containerPort"]?.int.flatMap({ UInt16(exactly: $0) }), inner > 0,
                let transport = Transport(rawValue: port["protocol"]?.string ?? "TCP")
            else { return nil }
            return PublishedPort(
                address: IPAddress(port.text("hostIP")), port: number, containerPort: inner, transport: transport)
        }
    }
}

/// The published ports of one node.
struct PublishedPorts: Sendable {
    private struct Key: Hashable {
        var port: UInt16
        var transport: Transport
    }

    private struct Target {
        var address: IPAddress?
        var pod: String
        var containerPort: UInt16
    }

    private var targets: [Key: [Target]] = [:]

    var isEmpty: Bool { targets.isEmpty }

    mutating func add(_ port: PublishedPort, of pod: String) {
        targets[Key(port: port.port, transport: port.transport), default: []].append(
            Target(address: port.address, pod: pod, containerPort: port.containerPort))
    }

    mutating func remove(pod: String) {
        for key in targets.keys {
            targets[key]?.removeAll { $0.pod == pod }
            if targets[key]?.isEmpty ?? false { targets[key] = nil }
        }
    }

    /// The pod and its port that a port of the node leads to. An address of its own goes before all addresses.
    func target(of destination: NetworkAddress, _ transport: Transport) -> (pod: String, port: UInt16)? {
        guard let found = targets[Key(port: destination.port, transport: transport)] else { return nil }
        let target = found.first { $0.address == destination.address } ?? found.first { $0.address == nil }
        return target.map { ($0.pod, $0.containerPort) }
    }
}
