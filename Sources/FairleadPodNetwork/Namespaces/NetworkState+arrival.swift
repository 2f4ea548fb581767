import FairleadContainers
import FairleadModel
import FairleadRouting

/// Where a packet ends up.
enum Arrival: Sendable {
    /// At an address of a namespace, from an address that the receiver sees.
    case namespace(NamespaceName, at: NetworkAddress, seen: IPAddress)
    case apiServer(at: NetworkAddress, seen: IPAddress)
    /// At the health check node port of a Service.
    case healthCheck(ObjectName, localEndpoints: Int)
    case refused
    /// Nobody answers at all.
    case dropped
    case noRoute
}

/// A packet that is sent from a namespace.
struct Sending: Sendable {
    var from: NamespaceName
    var source: NetworkAddress
    var destination: NetworkAddress
    var transport: Transport
}

/// What became of a packet.
struct Routed: Sendable {
    var arrival: Arrival
    /// What a node remembers the connection by until somebody ends it; nil if it remembers nothing.
    var flow: ConnectionTable.Flow?
    /// The source that the receiver sees.
    var seen: IPAddress
    /// Whether it has reached the cluster's name service, whether or not anything listens there.
    var isForNames = false
}

extension NetworkState {
    /// Follows a packet. What nodes remember of it is added to `connections`.
    mutating func route(_ sending: Sending, _ routing: some RoutingSource, at now: Int64) -> Routed {
        let destination = sending.destination
        let source = sending.source.address
        if destination.address.isLoopback { return Routed(arrival: loopback(sending), seen: source) }
        let origin = origin(of: sending)
        let socket = Socket(destination.address, Int(destination.port), sending.transport)
        let port = Int(sending.source.port)
        let own = ownGenerator(of: sending)
        let answer = routing.withTable { table in
            let decision: Decision
            if var own {
                decision = table.route(
                    from: origin, to: socket, sourcePort: port, &connections, at: now, using: &own)
            } else {
                decision = table.route(
                    from: origin, to: socket, sourcePort: port, &connections, at: now, using: &generator)
            }
            return Answer(decision, table, origin, settings)
        }
        sweep(at: now)
        return Routed(
            arrival: arrival(answer, sending), flow: answer.decision.chosen == nil ? nil : answer.decision.flow,
            seen: answer.decision.sourceSeen ?? source, isForNames: answer.isForNames && answer.decision.arrives)
    }

    /// Balancers keep no table of UDP conversations: they choose a node by a hash of the addresses.
    private func ownGenerator(of sending: Sending) -> SplitMix64? {
        guard case .outside = sending.from, sending.transport == .udp else { return nil }
        var seed = balancerSeed
        for address in [sending.source, sending.destination] {
            for part in [address.address.high, address.address.low, UInt64(address.port)] {
                var mixer = SplitMix64(seed: seed ^ part)
                seed = mixer.next()
            }
        }
        return SplitMix64(seed: seed)
    }

    private func origin(of sending: Sending) -> RoutingOrigin {
        let address = sending.source.address
        switch sending.from {
        case .pod(let uid): return RoutingOrigin(address: address, node: node(ofPod: uid) ?? "", isNode: false)
        case .node(let name): return RoutingOrigin(address: address, node: name, isNode: true)
        case .apiServer: return .machine(address)
        case .outside: return RoutingOrigin(address: address, node: nil, isNode: false)
        }
    }

    /// Loopback stays in the namespace. On a node it leads to published ports, too.
    private func loopback(_ sending: Sending) -> Arrival {
        if case .node(let node) = sending.from,
            let (pod, port) = publishedTarget(on: node, sending.destination, sending.transport),
            let found = published(pod, port, sending, node)
        {
            return found
        }
        return .namespace(sending.from, at: sending.destination, seen: sending.source.address)
    }

    /// At the pod of a published port. The node takes the place of a source that the pod could not answer.
    private func published(_ pod: String, _ port: UInt16, _ sending: Sending, _ node: String) -> Arrival? {
        let isIPv4 = sending.destination.address.isIPv4
        guard let address = namespaces[.pod(pod)]?.addresses.first(where: { $0.isIPv4 == isIPv4 }) else { return nil }
        let source = sending.source.address
        let own = namespaces[.node(node)]?.addresses.first { $0.isIPv4 == isIPv4 }
        let isHidden = source.isLoopback || source == address
        return .namespace(.pod(pod), at: NetworkAddress(address, port), seen: isHidden ? own ?? source : source)
    }

    private func arrival(_ answer: Answer, _ sending: Sending) -> Arrival {
        let decision = answer.decision
        let target = answer.target
        let seen = decision.sourceSeen ?? sending.source.address
        switch decision.outcome {
        case _ where decision.arrives: break
        case .answeredByNode(_, let count):
            return answer.healthChecked.map { .healthCheck($0, localEndpoints: count) } ?? .refused
        case .rejected: return .refused
        case .dropped, .unreachable(.podGone): return .dropped
        default: return .noRoute
        }
        if answer.isForAPI, servesAPI { return .apiServer(at: target, seen: seen) }
        if decision.chosen == nil, let node = answer.nodeAtTarget,
            let (pod, port) = publishedTarget(on: node, target, sending.transport),
            let found = published(pod, port, sending, node)
        {
            return found
        }
        // A node has addresses that the programs on it need not know of.
        let ofNode = answer.nodeAtTarget.map { NamespaceName.node($0) }.flatMap { namespaces[$0]?.name }
        if let name = namespace(at: target.address) ?? ofNode {
            // Pods leave the cluster with the address of their node.
            if case .outside = name { return .namespace(name, at: target, seen: answer.egress ?? seen) }
            return .namespace(name, at: target, seen: seen)
        }
        switch decision.outcome {
        case .unreachable: return .noRoute
        case .leavesCluster: return .dropped
        default: return answer.isInside ? .refused : .dropped
        }
    }
}

extension Decision {
    /// Whether the packet gets to an address, where namespaces know better than the table what listens.
    fileprivate var arrives: Bool {
        switch outcome {
        case .delivered, .leavesCluster, .rejected(.nothingListens), .unreachable(.noPodHasAddress),
            .unreachable(.nobodyHasAddress):
            true
        default: false
        }
    }
}

/// What the table says of a packet, with all that has to be looked up in it.
private struct Answer: Sendable {
    let decision: Decision
    /// The address after translation.
    let target: NetworkAddress
    let isForAPI: Bool
    let isForNames: Bool
    let nodeAtTarget: String?
    /// Whether the target is an address of a node or a pod.
    let isInside: Bool
    let healthChecked: ObjectName?
    /// What a pod's packet has as its source outside the cluster.
    let egress: IPAddress?

    init(
        _ decision: Decision, _ table: RoutingTable, _ origin: RoutingOrigin, _ settings: PodNetworkSettings
    ) {
        self.decision = decision
        let sent = decision.destination
        var socket = decision.chosen.map { Socket($0.address, $0.port, decision.packet.transport) } ?? sent
        if case .delivered(let delivered) = decision.outcome { socket = delivered }
        let address = socket?.address ?? origin.address
        target = NetworkAddress(address, UInt16(clamping: socket?.port ?? 0))
        if let port = decision.servicePort {
            isForAPI = port.service == settings.apiService
            isForNames = port.service == settings.nameService && port.port == 53
        } else {
            isForAPI = Self.isEndpoint(socket, of: settings.apiService, table) { _ in true }
            isForNames = Self.isEndpoint(socket, of: settings.nameService, table) { $0.port == 53 }
        }
        nodeAtTarget = table.node(at: address)?.name
        isInside = nodeAtTarget != nil || table.pod(at: address) != nil
        healthChecked = table.healthChecked(Int(target.port))
        egress = origin.isNode ? nil : origin.node.flatMap { table.nodes[$0]?.address(isIPv4: address.isIPv4) }
    }

    private static func isEndpoint(
        _ socket: Socket?, of service: ObjectName, _ table: RoutingTable, _ isMeant: (ServicePort) -> Bool
    ) -> Bool {
        guard let socket else { return false }
        return table.servicePorts(of: service).contains { port in
            port.transport == socket.transport && isMeant(port)
                && port.endpoints.contains { $0.address == socket.address && $0.port == socket.port }
        }
    }
}
