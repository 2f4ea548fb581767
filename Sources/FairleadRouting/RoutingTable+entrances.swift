package import FairleadModel

/// An address and port at which the rules of a node translate packets for a port of a Service.
package struct Entrance: Sendable {
    package let socket: Socket
    package let access: RoutingTable.Access
    package let port: ServicePort
}

extension RoutingTable {
    /// Where a node translates packets for the Service: its cluster IPs, external IPs and VIPs, and its node ports on
    /// the node's addresses. What another Service, earlier by name, claims as well is not among them, nor are addresses
    /// of balancers that are proxies.
    package func entrances(of service: ObjectName, on node: String) -> [Entrance] {
        var found: [Entrance] = []
        for (index, port) in servicePorts(of: service).enumerated() {
            for (socket, access) in sockets(of: port) where access != .balancerProxy {
                guard claim(socket) == Claim(service: service, index: index, access: access) else { continue }
                found.append(Entrance(socket: socket, access: access, port: port))
            }
            for socket in nodePortSockets(of: port, on: node) {
                guard claim(socket) == nil,
                    nodePortClaim(socket) == Claim(service: service, index: index, access: .nodePort)
                else { continue }
                found.append(Entrance(socket: socket, access: .nodePort, port: port))
            }
        }
        return found
    }

    /// What `entrances` finds for one address and port.
    package func entrance(at socket: Socket, on node: String) -> Entrance? {
        guard let claim = claim(socket) else {
            guard nodes[node]?.addresses.contains(socket.address) ?? false, settings.takesNodePorts(socket.address),
                let claim = nodePortClaim(socket), let port = service(claim)
            else { return nil }
            return Entrance(socket: socket, access: .nodePort, port: port)
        }
        guard claim.access != .balancerProxy, let port = service(claim) else { return nil }
        return Entrance(socket: socket, access: claim.access, port: port)
    }

    /// The other Services whose entrances depend on what this one claims.
    package func rivals(of service: ObjectName, on node: String) -> Set<ObjectName> {
        var found: Set<ObjectName> = []
        for port in servicePorts(of: service) {
            for (socket, _) in sockets(of: port) {
                found.formUnion(claims(socket).map(\.service))
                if nodes[node]?.addresses.contains(socket.address) ?? false {
                    found.formUnion(nodePortClaims(socket).map(\.service))
                }
            }
            if let socket = nodePortSockets(of: port, on: node).first {
                found.formUnion(nodePortClaims(socket).map(\.service))
            }
        }
        found.remove(service)
        return found
    }

    private func nodePortSockets(of port: ServicePort, on node: String) -> [Socket] {
        guard port.nodePort != 0, let addresses = nodes[node]?.addresses else { return [] }
        return addresses.filter { $0.isIPv4 == port.isIPv4 && settings.takesNodePorts($0) }
            .map { Socket($0, port.nodePort, port.transport) }
    }
}
