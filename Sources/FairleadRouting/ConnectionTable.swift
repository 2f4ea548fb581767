import FairleadModel

/// What the nodes remember of earlier packets: translated connections (conntrack) and the endpoint that each client
/// stays with (session affinity). Times are seconds of any monotonic clock.
package struct ConnectionTable: Sendable {
    /// What a node knows a connection by.
    package struct Flow: Hashable, Sendable {
        var node: String
        var source: IPAddress
        var sourcePort: Int
        var destination: Socket

        /// Few connections differ in the node alone.
        package func hash(into hasher: inout Hasher) {
            source.combine(into: &hasher)
            hasher.combine(sourcePort)
            hasher.combine(destination)
        }
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

        /// Few stays of a client with an endpoint differ in the node or the Service alone.
        func hash(into hasher: inout Hasher) {
            client.combine(into: &hasher)
            hasher.combine(endpoint)
        }
    }

    private var flows: [Flow: Translation] = [:]
    /// When each stay ends.
    private var stays: [Stay: Int64] = [:]

    package init() {}

    func translation(_ flow: Flow) -> Translation? { flows[flow] }
    mutating func record(_ flow: Flow, _ translation: Translation) { flows[flow] = translation }
    mutating func forget(_ flow: Flow) { flows[flow] = nil }

    /// How many connections and stays are remembered.
    package var count: Int { flows.count + stays.count }

    /// Forgets a connection that is over; the affinity of its client stays.
    package mutating func end(_ flow: Flow) { flows[flow] = nil }

    /// Forgets the stays that have ended. Goes through all of them.
    package mutating func forgetStays(endedBy now: Int64) { stays = stays.filter { now < $0.value } }

    /// The endpoint of the pool that the client has affinity to, as an index into `port.endpoints`; nil if there is none.
    /// The end of the period is exclusive.
    func stay(of client: IPAddress, in pool: EndpointPool, of port: ServicePort, at now: Int64) -> Int? {
        if stays.isEmpty { return nil }
        var stay = Stay(
            node: pool.node, port: PortName(port), endpoint: Socket(client, 0, port.transport), client: client)
        return pool.members.first { index in
            stay.endpoint.address = port.endpoints[index].address
            stay.endpoint.port = port.endpoints[index].port
            return stays[stay].map { now < $0 } ?? false
        }
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
