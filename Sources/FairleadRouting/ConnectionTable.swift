import FairleadModel

/// What the nodes remember of earlier packets: translated connections (conntrack) and the endpoint that each client
/// stays with (session affinity). Times are seconds of any monotonic clock.
package struct ConnectionTable: Sendable {
    struct Flow: Hashable, Sendable {
        var node: String
        var source: IPAddress
        var sourcePort: Int
        var destination: Socket
    }

    struct Translation: Hashable, Sendable {
        var servicePort: PortName
        var endpoint: Socket
        var sourceSeen: IPAddress
    }

    /// Affinity is per node and port of a Service, whichever of its addresses was used.
    struct PortName: Hashable, Sendable {
        var service: ObjectName
        var portName: String
        var transport: Transport

        init(_ port: ServicePort) {
            service = port.service
            portName = port.portName
            transport = port.transport
        }
    }

    private struct Stay: Hashable, Sendable {
        var node: String
        var port: PortName
        var endpoint: Socket
        var client: IPAddress
    }

    private var flows: [Flow: Translation] = [:]
    /// When each stay ends.
    private var stays: [Stay: Int64] = [:]

    package init() {}

    func translation(_ flow: Flow) -> Translation? { flows[flow] }
    mutating func record(_ flow: Flow, _ translation: Translation) { flows[flow] = translation }
    mutating func forget(_ flow: Flow) { flows[flow] = nil }

    /// Whether the client has affinity to the endpoint. The end of the period is exclusive.
    func stays(_ client: IPAddress, with endpoint: Endpoint, of port: ServicePort, on node: String, at now: Int64)
        -> Bool
    {
        let stay = Stay(
            node: node, port: PortName(port), endpoint: Socket(endpoint.address, endpoint.port, port.transport),
            client: client)
        return stays[stay].map { now < $0 } ?? false
    }

    /// Every new connection restarts the affinity period.
    mutating func renew(
        _ client: IPAddress, with endpoint: Endpoint, of port: ServicePort, on node: String, until: Int64
    ) {
        let stay = Stay(
            node: node, port: PortName(port), endpoint: Socket(endpoint.address, endpoint.port, port.transport),
            client: client)
        stays[stay] = until
    }
}
