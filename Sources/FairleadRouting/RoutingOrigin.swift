package import FairleadModel

/// Where a packet comes from, given by those who know its sender better than the objects do: a pod sends before its
/// status has an address.
package struct RoutingOrigin: Hashable, Sendable {
    package var address: IPAddress
    /// nil if it is outside the cluster.
    package var node: String?
    /// Whether the packet is from the node itself, or from a pod in the host network.
    package var isNode: Bool

    package init(address: IPAddress, node: String?, isNode: Bool) {
        self.address = address
        self.node = node
        self.isNode = isNode
    }

    /// A machine in the network of the nodes, with the same rules as each of them, that is no Node itself: the one of
    /// the API server.
    package static func machine(_ address: IPAddress) -> RoutingOrigin {
        // No name of a Node begins like this, so that no endpoint is local.
        RoutingOrigin(address: address, node: "-", isNode: true)
    }
}

extension RoutingTable {
    /// Follows a packet from a source that need not be an object of the cluster.
    ///
    /// - Parameters:
    ///   - sourcePort: tells connections from the same address apart.
    ///   - now: the time in seconds, on the clock that `connections` uses.
    package func route(
        from origin: RoutingOrigin, to socket: Socket, sourcePort: Int, _ connections: inout ConnectionTable,
        at now: Int64, using generator: inout some RandomNumberGenerator
    ) -> Decision {
        var decision = Decision(
            Packet(
                from: .outside(origin.address), to: .address(socket.address), port: socket.port, socket.transport,
                sourcePort: sourcePort))
        decision.source = origin.address
        decision.sourceSeen = origin.address
        decision.destination = socket
        decision.outcome = follow(from: origin, to: socket, &decision, &connections, now, &generator)
        return decision
    }

    /// What a node masquerades with. A machine that is no Node has the address that it sends from.
    func ownAddress(of node: String, isIPv4: Bool, _ origin: RoutingOrigin) -> IPAddress? {
        if let known = nodes[node] { return known.address(isIPv4: isIPv4) }
        return origin.isNode && origin.node == node ? origin.address : nil
    }
}
