import FairleadContainers
import FairleadModel
import FairleadRouting

/// Who gets a datagram.
enum Delivery: Sendable {
    /// - Parameter from: the sender, as the receiver sees it.
    case receiver(DatagramReceiver, from: NetworkAddress)
    case refused
    case lost
}

extension NetworkState {
    /// - Returns: the port, and the name of the socket for `removeReceiver`.
    mutating func bind(
        _ port: UInt16, _ address: IPAddress?, in name: NamespaceName, _ owner: SocketOwner,
        _ receiver: DatagramReceiver
    ) throws(NetworkError) -> (port: UInt16, id: Int, address: IPAddress?) {
        guard var space = namespaces[name] else { throw .noRoute }
        let address = try Self.bindAddress(address, space)
        let port = port == 0 ? try space.freeDatagramPort() : port
        guard !space.datagrams.collides(port, address) else { throw .addressInUse }
        guard space.datagrams.count < settings.mostPorts else { throw .addressNotAvailable }
        let id = newID()
        space.datagrams.add(.init(id: id, owner: owner, address: address, socket: receiver), at: port)
        namespaces[name] = space
        return (port, id, address)
    }

    /// The address that a socket sends from.
    func datagramSource(
        in name: NamespaceName, bound: IPAddress?, to destination: IPAddress
    ) throws(NetworkError) -> IPAddress {
        guard let space = namespaces[name] else { throw .noRoute }
        guard let bound else { return try space.source(for: destination) }
        guard bound.isIPv4 == destination.isIPv4 else { throw .noRoute }
        return bound
    }

    /// The packet of a question to a name server, from a port that stays free.
    mutating func question(
        from name: NamespaceName, to server: NetworkAddress, _ transport: Transport
    ) throws(NetworkError) -> Sending {
        guard var space = namespaces[name] else { throw .noRoute }
        let source = try space.source(for: server.address)
        let port = transport == .tcp ? try space.freeStreamPort() : try space.freeDatagramPort()
        namespaces[name] = space
        return Sending(from: name, source: NetworkAddress(source, port), destination: server, transport: transport)
    }

    /// Follows a datagram to its receiver.
    mutating func send(
        from name: NamespaceName, _ local: NetworkAddress, to destination: NetworkAddress,
        _ routing: any RoutingSource, at now: Duration
    ) throws(NetworkError) -> Delivery {
        // An answer goes back the way that the question came.
        let server = DatagramTracking.Server(namespace: name, local: local, peer: destination)
        if let client = tracking.client(of: server, at: now) { return answer(to: client) }

        let sending = Sending(from: name, source: local, destination: destination, transport: .udp)
        let routed = route(sending, routing, at: now.components.seconds)
        if case .namespace(let target, let address, let seen) = routed.arrival {
            guard let from = track(sending, routed, target, address, seen, now) else { return .lost }
            guard let binding = namespaces[target]?.datagrams.binding(at: address) else { return .refused }
            return .receiver(binding.socket, from: from)
        }
        // Nothing comes of it, so nothing is remembered.
        if let flow = routed.flow { connections.end(flow) }
        switch routed.arrival {
        case .dropped: return .lost
        case .noRoute: throw .noRoute
        case .namespace, .apiServer, .healthCheck, .refused: return .refused
        }
    }

    /// What an answer to a client comes to; the sender is the one that the client has asked.
    func answer(to client: DatagramTracking.Client) -> Delivery {
        guard let binding = namespaces[client.namespace]?.datagrams.binding(at: client.local) else { return .refused }
        return .receiver(binding.socket, from: client.destination)
    }

    /// Remembers whom answers are for, if addresses were translated.
    ///
    /// - Returns: the sender as the receiver sees it; nil if there is no room.
    private mutating func track(
        _ sending: Sending, _ routed: Routed, _ target: NamespaceName, _ address: NetworkAddress, _ seen: IPAddress,
        _ now: Duration
    ) -> NetworkAddress? {
        let plain = NetworkAddress(seen, sending.source.port)
        if routed.flow == nil, address == sending.destination, plain == sending.source { return plain }
        let client = DatagramTracking.Client(
            namespace: sending.from, local: sending.source, destination: sending.destination)
        var server = DatagramTracking.Server(namespace: target, local: address, peer: plain)
        if let known = tracking.entry(client)?.server, known.local == address, known.namespace == target,
            known.peer.address == seen
        {
            server = known
        } else {
            // Two clients behind one address may have the same port.
            var tries = 0
            while tracking.isTaken(server) {
                if tries == 64 { break }
                tries += 1
                server.peer.port = UInt16.random(in: 1024...UInt16.max, using: &generator)
            }
        }
        guard !tracking.isTaken(server) || tracking.entry(client)?.server == server,
            tracking.record(client, server, routed.flow, at: now, &connections)
        else {
            if let flow = routed.flow { connections.end(flow) }
            return nil
        }
        return server.peer
    }
}
