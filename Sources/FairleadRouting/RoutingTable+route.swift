package import FairleadModel

extension RoutingTable {
    private typealias Origin = RoutingOrigin

    /// Follows a packet from its source to its receiver.
    ///
    /// - Parameters:
    ///   - connections: what the nodes remember; what they learn from this packet is added.
    ///   - now: the time in seconds, on the clock that `connections` uses.
    ///   - generator: chooses between equivalent addresses of a name, nodes behind a balancer, and endpoints.
    package func route(
        _ packet: Packet, _ connections: inout ConnectionTable, at now: Int64,
        using generator: inout some RandomNumberGenerator
    ) -> Decision {
        var decision = Decision(packet)
        decision.outcome = follow(packet, &decision, &connections, now, &generator)
        return decision
    }

    private func follow(
        _ packet: Packet, _ decision: inout Decision, _ connections: inout ConnectionTable, _ now: Int64,
        _ generator: inout some RandomNumberGenerator
    ) -> Decision.Outcome {
        guard let (addresses, node, isNode) = sender(packet.source) else { return .unreachable(.unknownSource) }
        guard !addresses.isEmpty else { return .unreachable(.sourceWithoutAddress) }
        let address: IPAddress
        switch packet.destination {
        case .address(let given): address = given
        case .name(let name):
            switch lookUp(name, packet.source, &decision) {
            case .found(let all):
                // RFC 6724 prefers IPv4 to unique local IPv6 addresses, which clusters use.
                let usable = all.filter { found in addresses.contains { $0.isIPv4 == found.isIPv4 } }
                let first = usable.filter { $0.isIPv4 == (usable.first { $0.isIPv4 } != nil) }
                guard let chosen = first.randomElement(using: &generator) else {
                    return .unreachable(.sourceWithoutAddress)
                }
                address = chosen
            case .outcome(let outcome): return outcome
            }
        }
        let socket = Socket(address, packet.port, packet.transport)
        decision.destination = socket
        guard let source = addresses.first(where: { $0.isIPv4 == address.isIPv4 }) else {
            return .unreachable(.sourceWithoutAddress)
        }
        decision.source = source
        decision.sourceSeen = source
        let origin = Origin(address: source, node: node, isNode: isNode)
        return follow(from: origin, to: socket, &decision, &connections, now, &generator)
    }

    /// From a known source to an address.
    func follow(
        from origin: RoutingOrigin, to socket: Socket, _ decision: inout Decision,
        _ connections: inout ConnectionTable, _ now: Int64, _ generator: inout some RandomNumberGenerator
    ) -> Decision.Outcome {
        origin.node == nil
            ? fromOutside(socket, origin, &decision, &connections, now, &generator)
            : fromInside(socket, origin, &decision, &connections, now, &generator)
    }

    // MARK: The source

    /// Where the source is, and its addresses; nil if there is no such source.
    private func sender(_ source: Packet.Source) -> (addresses: [IPAddress], node: String?, isNode: Bool)? {
        switch source {
        case .outside(let address): return ([address], nil, false)
        case .node(let name): return nodes[name].map { ($0.addresses, name, true) }
        case .pod(let name):
            return pods[name].map { ($0.nodeName.isEmpty ? [] : $0.addresses, $0.nodeName, $0.usesHostNetwork) }
        }
    }

    private enum Lookup {
        case found([IPAddress])
        case outcome(Decision.Outcome)
    }

    private func lookUp(_ name: String, _ source: Packet.Source, _ decision: inout Decision) -> Lookup {
        let lookup: NameLookup
        switch source {
        case .outside: return .outcome(.unreachable(.noClusterDNS))
        case .node: lookup = lookUp(name, namespace: nil)
        case .pod(let pod): lookup = lookUp(name, namespace: pod.namespace)
        }
        decision.lookup = lookup
        switch lookup.answer {
        case .addresses(let addresses): return .found(addresses)
        case .alias: return .outcome(.leavesCluster)
        case .notFound: return .outcome(.unreachable(.nameNotFound))
        }
    }

    // MARK: The path to the node that decides

    private func fromInside(
        _ socket: Socket, _ origin: Origin, _ decision: inout Decision, _ connections: inout ConnectionTable,
        _ now: Int64, _ generator: inout some RandomNumberGenerator
    ) -> Decision.Outcome {
        let node = origin.node ?? ""
        if let claim = claim(socket) {
            guard claim.access == .balancerProxy else {
                return decide(claim, socket, origin, on: node, &decision, &connections, now, &generator)
            }
            return byBalancer(claim, socket, origin, &decision, &connections, now, &generator)
        }
        if let target = self.node(at: socket.address) {
            return toNode(target, socket, origin, &decision, &connections, now, &generator)
        }
        decision.node = node
        if isClusterIP(socket.address) { return .rejected(.noSuchServicePort) }
        if settings.serviceCIDRs.contains(where: { $0.contains(socket.address) }) {
            return .dropped(.unallocatedClusterIP)
        }
        if pod(at: socket.address) != nil || settings.isPodAddress(socket.address) { return arrival(socket) }
        return isExternalAddress(socket.address) ? .unreachable(.nobodyHasAddress) : .leavesCluster
    }

    private func fromOutside(
        _ socket: Socket, _ origin: Origin, _ decision: inout Decision, _ connections: inout ConnectionTable,
        _ now: Int64, _ generator: inout some RandomNumberGenerator
    ) -> Decision.Outcome {
        if let target = node(at: socket.address) {
            // External IPs may be addresses of nodes: whatever a Service claims goes before the node's own ports.
            if let claim = claim(socket), claim.access != .balancerProxy {
                return decide(claim, socket, origin, on: target.name, &decision, &connections, now, &generator)
            }
            return toNode(target, socket, origin, &decision, &connections, now, &generator)
        }
        if let claim = claim(socket), claim.access != .clusterIP {
            return byBalancer(claim, socket, origin, &decision, &connections, now, &generator)
        }
        let isInner =
            isClusterIP(socket.address) || pod(at: socket.address) != nil || settings.isPodAddress(socket.address)
            || settings.serviceCIDRs.contains { $0.contains(socket.address) }
        return .unreachable(isInner ? .notRoutedOutside : .nobodyHasAddress)
    }

    /// The packet is for one of the node's own addresses.
    private func toNode(
        _ target: Node, _ socket: Socket, _ origin: Origin, _ decision: inout Decision,
        _ connections: inout ConnectionTable, _ now: Int64, _ generator: inout some RandomNumberGenerator
    ) -> Decision.Outcome {
        decision.node = target.name
        if settings.takesNodePorts(socket.address), let claim = nodePortClaim(socket) {
            return decide(claim, socket, origin, on: target.name, &decision, &connections, now, &generator)
        }
        if socket.transport == .tcp, settings.takesNodePorts(socket.address), let service = healthChecked(socket.port) {
            let count = readyAddresses(of: service, on: target.name)
            return .answeredByNode(isHealthy: count > 0, localEndpoints: count)
        }
        let port = PodPort(port: socket.port, transport: socket.transport)
        let isHeard = hostPods(on: target.name).contains { $0.ports.contains(port) && $0.isRunning }
        return isHeard ? .delivered(socket) : .rejected(.nothingListens)
    }

    /// The packet gets to a node through a balancer, or from the external network.
    private func byBalancer(
        _ claim: Claim, _ socket: Socket, _ origin: Origin, _ decision: inout Decision,
        _ connections: inout ConnectionTable, _ now: Int64, _ generator: inout some RandomNumberGenerator
    ) -> Decision.Outcome {
        guard let port = service(claim) else { return .unreachable(.nobodyHasAddress) }
        decision.servicePort = port
        decision.access = claim.access
        let choice = nodeChoice(port, claim.access, socket.address)
        decision.nodeChoice = choice
        guard let node = choice.nodes.randomElement(using: &generator) else { return .dropped(.noHealthyNode) }
        guard claim.access == .balancerProxy else {
            return decide(claim, socket, origin, on: node, &decision, &connections, now, &generator)
        }
        // The balancer opens a connection of its own, to the node port.
        guard port.nodePort != 0, let address = nodes[node]?.address(isIPv4: port.isIPv4) else {
            return .dropped(.noHealthyNode)
        }
        let inner = Origin(address: socket.address, node: nil, isNode: false)
        decision.sourceSeen = socket.address
        return decide(
            claim, Socket(address, port.nodePort, port.transport), inner, on: node, &decision, &connections, now,
            &generator)
    }

    private func nodeChoice(_ port: ServicePort, _ access: Access, _ address: IPAddress) -> Decision.NodeChoice {
        let isBalancer = access == .balancerVIP || access == .balancerProxy
        return Decision.NodeChoice(
            balancer: isBalancer ? address : nil, pool: nodePools[isIPv4: port.isIPv4, isBalancer: isBalancer],
            healthy: isBalancer && port.isExternalLocal ? readyNodes(of: port.service) : nil)
    }

    /// The nodes whose health checks succeed if the policy is Local, sorted.
    private func readyNodes(of service: ObjectName) -> [String] {
        var names: [String] = []
        for port in servicePorts(of: service) {
            for endpoint in port.endpoints where endpoint.isReady { names.append(endpoint.nodeName) }
        }
        names.sort()
        var found: [String] = []
        for name in names where name != found.last { found.append(name) }
        return found
    }

    /// What kube-proxy's health check counts: the Service's ready endpoints on the node, for all ports.
    package func readyAddresses(of service: ObjectName, on node: String) -> Int {
        var found: Set<IPAddress> = []
        for port in servicePorts(of: service) {
            for endpoint in port.endpoints where endpoint.isReady && endpoint.nodeName == node {
                found.insert(endpoint.address)
            }
        }
        return found.count
    }

    // MARK: The rules of one node

    /// What kube-proxy's rules on `node` do with a packet for a port of a Service.
    ///
    /// Reference: kube-proxy nftables mode (KEP 3866).
    private func decide(
        _ claim: Claim, _ socket: Socket, _ origin: Origin, on node: String, _ decision: inout Decision,
        _ connections: inout ConnectionTable, _ now: Int64, _ generator: inout some RandomNumberGenerator
    ) -> Decision.Outcome {
        guard let port = service(claim) else { return .unreachable(.nobodyHasAddress) }
        decision.node = node
        decision.servicePort = port
        decision.access = claim.access
        let flow = ConnectionTable.Flow(
            node: node, source: origin.address, sourcePort: decision.packet.sourcePort, destination: socket)
        decision.flow = flow
        if let outcome = established(flow, port, &decision, &connections) { return outcome }

        guard Self.admits(origin.address, to: port, claim.access) else { return .dropped(.outsideSourceRanges) }
        guard port.hasEndpoints else { return .rejected(.noEndpoints) }
        let kind = sourceKind(origin.address, isFromNodeItself: origin.isNode && origin.node == node)
        let handling = handling(of: kind, to: port, claim.access)
        decision.scope = handling.scope
        let pool = pool(of: port, isLocal: handling.isLocal, on: node)
        decision.pool = pool
        if pool.isEmpty { return handling.outcomeWithoutMembers }
        decision.masquerade = handling.masquerade
        let chosen = choose(pool, port, origin.address, &decision, &connections, now, &generator)
        decision.chosen = chosen
        if chosen.address == origin.address, decision.masquerade == nil { decision.masquerade = .hairpin }
        let isFromHere = origin.isNode && origin.node == node
        // What the node itself receives does not pass the place where sources are translated.
        if !isFromHere, self.node(at: chosen.address)?.name == node { decision.masquerade = nil }
        if decision.masquerade != nil {
            guard let own = ownAddress(of: node, isIPv4: port.isIPv4, origin) else {
                return .unreachable(.nodeWithoutAddress)
            }
            decision.sourceSeen = own
        }
        let target = Socket(chosen.address, chosen.port, port.transport)
        connections.record(
            flow,
            ConnectionTable.Translation(
                servicePort: .init(port), endpoint: target, sourceSeen: decision.sourceSeen ?? origin.address))
        // The endpoint answers the pod, which knows only the address that it asked, on a way that passes the deciding
        // node only if the endpoint is there.
        if decision.masquerade == nil, let home = origin.node, home != node, chosen.nodeName != node {
            return .dropped(.answerGoesAstray)
        }
        return arrival(target)
    }

    /// What happens to a packet of an existing connection; nil for a new connection.
    private func established(
        _ flow: ConnectionTable.Flow, _ port: ServicePort, _ decision: inout Decision,
        _ connections: inout ConnectionTable
    ) -> Decision.Outcome? {
        guard let translation = connections.translation(flow) else { return nil }
        let endpoint = port.endpoints.first {
            $0.address == translation.endpoint.address && $0.port == translation.endpoint.port
        }
        // kube-proxy removes UDP entries whose endpoint no longer serves; TCP entries end with their connections.
        if flow.destination.transport == .udp, !(endpoint?.isServing ?? false) {
            connections.forget(flow)
            decision.flushed = translation.endpoint
            return nil
        }
        decision.isEstablished = true
        decision.chosen = endpoint
        decision.sourceSeen = translation.sourceSeen
        if endpoint == nil, pod(at: translation.endpoint.address) == nil,
            settings.isPodAddress(translation.endpoint.address)
        {
            return .unreachable(.podGone)
        }
        return .delivered(translation.endpoint)
    }

    private func choose(
        _ pool: EndpointPool, _ port: ServicePort, _ client: IPAddress, _ decision: inout Decision,
        _ connections: inout ConnectionTable, _ now: Int64, _ generator: inout some RandomNumberGenerator
    ) -> Endpoint {
        guard let seconds = port.affinitySeconds else {
            return port.endpoints[pool.members[Int.random(in: pool.members.indices, using: &generator)]]
        }
        let kept = connections.stay(of: client, in: pool, of: port, at: now)
        decision.affinity = kept == nil ? .begun : .kept
        let index = kept ?? pool.members[Int.random(in: pool.members.indices, using: &generator)]
        let endpoint = port.endpoints[index]
        connections.renew(client, with: endpoint, of: port, on: pool.node, until: now +| seconds)
        return endpoint
    }

    /// What happens to the packet at its final address.
    private func arrival(_ socket: Socket) -> Decision.Outcome {
        guard let pod = pod(at: socket.address) else {
            let isOfNobody = settings.isPodAddress(socket.address) && node(at: socket.address) == nil
            return isOfNobody ? .unreachable(.noPodHasAddress) : .delivered(socket)
        }
        let port = PodPort(port: socket.port, transport: socket.transport)
        return pod.ports.isEmpty || pod.ports.contains(port) ? .delivered(socket) : .rejected(.nothingListens)
    }
}
