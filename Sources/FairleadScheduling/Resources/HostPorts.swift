package import FairleadModel

/// A port of the node that a container asks for.
package struct HostPort: Hashable, Sendable {
    /// `0.0.0.0` stands for all addresses of the node.
    let address: String
    let transport: String
    let port: Int64

    static let everyAddress = "0.0.0.0"

    /// The ports of all containers that run for as long as the pod does.
    package static func all(of pod: Value) -> [HostPort] {
        let view = PodView(pod)
        return (view.containers + view.restartableInitContainers).flatMap { container in
            container.items("ports").compactMap { port in
                guard let number = port["hostPort"]?.int, number > 0 else { return nil }
                let address = port.text("hostIP")
                let transport = port.text("protocol")
                return HostPort(
                    address: address.isEmpty ? everyAddress : address, transport: transport.isEmpty ? "TCP" : transport,
                    port: number)
            }
        }
    }
}

/// The ports of a node that are taken.
package struct HostPorts: Hashable, Sendable {
    private struct Number: Hashable, Sendable {
        var transport: String
        var port: Int64
    }

    /// How many containers have each address of a port.
    private var taken: [Number: [String: Int]] = [:]

    package init() {}

    package mutating func take(_ port: HostPort) {
        taken[Number(transport: port.transport, port: port.port), default: [:]][port.address, default: 0] += 1
    }

    package mutating func release(_ port: HostPort) {
        let number = Number(transport: port.transport, port: port.port)
        guard var addresses = taken.removeValue(forKey: number) else { return }
        let rest = (addresses[port.address] ?? 0) - 1
        addresses[port.address] = rest > 0 ? rest : nil
        if !addresses.isEmpty { taken[number] = addresses }
    }

    /// Whether the port is taken on that address; one on all addresses conflicts with any.
    package func conflict(with port: HostPort) -> Bool {
        guard let addresses = taken[Number(transport: port.transport, port: port.port)] else { return false }
        return port.address == HostPort.everyAddress || addresses[port.address] != nil
            || addresses[HostPort.everyAddress] != nil
    }
}
