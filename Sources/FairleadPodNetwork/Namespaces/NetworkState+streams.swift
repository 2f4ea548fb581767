import FairleadContainers
import FairleadModel
import FairleadRouting

/// A connection that is to be opened.
struct StreamRequest: Sendable {
    var from: NamespaceName
    var owner: SocketOwner
    var destination: NetworkAddress
    /// nil for the address of the namespace that suits.
    var source: IPAddress?
    /// nil for any free port.
    var sourcePort: UInt16?
}

/// A connection whose ends are registered in their namespaces.
struct OpenedStream: Sendable {
    enum Server: Sendable {
        case listener(StreamListener)
        case apiServer
        case healthCheck(ObjectName, localEndpoints: Int)
    }

    struct End: Sendable {
        var id: Int
        var namespace: NamespaceName
        var local: NetworkAddress
        var peer: NetworkAddress
    }

    var server: Server
    var clientEnd: End
    var serverEnd: End
    /// As the client sees them.
    var pipes: ConnectionEnd.Pipes
}

extension NetworkState {
    /// Follows the first packet of a connection, and opens the connection if somebody listens where it arrives.
    ///
    /// - Returns: nil if nobody will ever answer.
    mutating func open(
        _ request: StreamRequest, _ routing: any RoutingSource, at now: Int64
    ) throws(NetworkError) -> OpenedStream? {
        let sending = try sending(request)
        guard hasRoom(in: request.from, for: request.from) else { throw .addressNotAvailable }
        let routed = route(sending, routing, at: now)
        // The connection itself is what remembers the endpoint.
        if let flow = routed.flow { connections.end(flow) }
        let (local, destination) = (sending.source, sending.destination)
        func opened(
            _ server: OpenedStream.Server, in name: NamespaceName, listener: Int?, owner: SocketOwner,
            at address: NetworkAddress, seen: IPAddress
        ) throws(NetworkError) -> OpenedStream {
            guard hasRoom(in: name, for: request.from) else { throw .refused }
            let pipes = ConnectionEnd.Pipes()
            let clientEnd = addEnd(
                .init(owner: request.owner, listener: nil, port: local.port, pipes: pipes), in: request.from)
            let serverEnd = addEnd(.init(owner: owner, listener: listener, port: nil, pipes: pipes.turned), in: name)
            return OpenedStream(
                server: server,
                clientEnd: .init(id: clientEnd, namespace: request.from, local: local, peer: destination),
                serverEnd: .init(
                    id: serverEnd, namespace: name, local: address, peer: NetworkAddress(seen, local.port)),
                pipes: pipes)
        }
        let own = SocketOwner(pod: "", user: "")
        switch routed.arrival {
        case .refused: throw .refused
        case .noRoute: throw .noRoute
        case .dropped: return nil
        case .namespace(let name, let address, let seen):
            guard let binding = namespaces[name]?.streams.binding(at: address) else { throw .refused }
            return try opened(
                .listener(binding.socket), in: name, listener: binding.id, owner: binding.owner, at: address, seen: seen
            )
        case .apiServer(let address, let seen):
            return try opened(.apiServer, in: .apiServer, listener: nil, owner: own, at: address, seen: seen)
        case .healthCheck(let service, let count):
            return try opened(
                .healthCheck(service, localEndpoints: count), in: .apiServer, listener: nil, owner: own,
                at: destination, seen: local.address)
        }
    }

    /// The first packet of a connection.
    private mutating func sending(_ request: StreamRequest) throws(NetworkError) -> Sending {
        guard var space = namespaces[request.from] else { throw .noRoute }
        let destination = request.destination.withoutZero
        let source: IPAddress
        if let given = request.source {
            guard space.has(given), given.isIPv4 == destination.address.isIPv4 else { throw .addressNotAvailable }
            source = given
        } else {
            source = try space.source(for: destination.address)
        }
        let port: UInt16
        if let given = request.sourcePort, given != 0 {
            guard space.isFreeForClient(given) else { throw .addressInUse }
            port = given
        } else {
            port = try space.freeStreamPort()
            namespaces[request.from] = space
        }
        return Sending(
            from: request.from, source: NetworkAddress(source, port), destination: destination, transport: .tcp)
    }

    /// - Returns: the port, and the name of the socket for `removeListener`.
    mutating func listen(
        _ port: UInt16, _ address: IPAddress?, in name: NamespaceName, _ owner: SocketOwner, _ listener: StreamListener
    ) throws(NetworkError) -> (port: UInt16, id: Int) {
        guard var space = namespaces[name] else { throw .noRoute }
        let address = try Self.bindAddress(address, space)
        let port = port == 0 ? try space.freeStreamPort() : port
        guard !space.streams.collides(port, address) else { throw .addressInUse }
        guard space.streams.count < settings.mostPorts else { throw .addressNotAvailable }
        let id = newID()
        space.streams.add(.init(id: id, owner: owner, address: address, socket: listener), at: port)
        namespaces[name] = space
        return (port, id)
    }

    /// nil stands for every address.
    static func bindAddress(_ address: IPAddress?, _ space: Namespace) throws(NetworkError) -> IPAddress? {
        guard let address, !address.isUnspecified else { return nil }
        guard space.has(address) else { throw .addressNotAvailable }
        return address
    }
}

extension NetworkAddress {
    /// 0.0.0.0 and :: as a destination stand for the sender itself.
    var withoutZero: NetworkAddress {
        address.isUnspecified ? NetworkAddress(.loopback(isIPv4: address.isIPv4), port) : self
    }
}
