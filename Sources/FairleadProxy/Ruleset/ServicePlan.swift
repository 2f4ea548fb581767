import FairleadModel
import FairleadRouting

/// What the table contains for one Service on one node: everything in it comes from `FairleadRouting`.
struct ServicePlan: Sendable {
    struct PortName: Hashable, Sendable {
        let name: String
        let transport: Transport
        let isIPv4: Bool

        init(_ port: ServicePort) {
            name = port.portName
            transport = port.transport
            isIPv4 = port.isIPv4
        }
    }

    /// The endpoints that a port's addresses send to.
    struct Port: Sendable {
        /// By their numbers in the map; empty with session affinity.
        var slots: [Pool: [Target]] = [:]
        var sticky: StickyPort?
    }

    struct Gate: Hashable, Sendable {
        var verdict: Verdict
        var port: PortName
        /// Who is admitted; nil for everyone.
        var admitted: [CIDR]?
    }

    private(set) var ports: [PortName: Port] = [:]
    private(set) var gates: [Socket: Gate] = [:]
    private(set) var clusterIPs: Set<IPAddress> = []
    /// Endpoints whose own packets may be sent back to them with their own source address.
    private(set) var hairpins: Set<IPAddress> = []

    init() {}

    /// - Parameters:
    ///   - old: the plan that is in the table: endpoints keep their numbers.
    ///   - newID: gives ids to ports with session affinity.
    init(_ service: ObjectName, in table: RoutingTable, on node: String, old: ServicePlan, newID: () -> Int) {
        for port in table.servicePorts(of: service) { clusterIPs.insert(port.clusterIP) }
        for entrance in table.entrances(of: service, on: node) {
            let name = PortName(entrance.port)
            let pools = Pools(entrance.port, in: table, on: node)
            if ports[name] == nil { ports[name] = Self.port(entrance.port, pools, old: old.ports[name], newID) }
            gates[entrance.socket] = Gate(
                verdict: verdict(entrance, pools, in: table, on: node), port: name,
                admitted: entrance.port.admittedRanges(entrance.access).map(Skeleton.disjoint))
        }
        // Only what an address uses is in the table.
        var used: [PortName: Set<Pool>] = [:]
        for gate in gates.values {
            for action in gate.verdict.actions {
                if let pool = action.pool { used[gate.port, default: []].insert(pool) }
            }
        }
        for (name, port) in ports where port.sticky == nil {
            let pools = used[name] ?? []
            for pool in Pool.allCases where !pools.contains(pool) { ports[name]?.slots[pool] = nil }
        }
    }

    var isEmpty: Bool { clusterIPs.isEmpty && gates.isEmpty }

    func slots(_ gate: Gate, _ pool: Pool) -> [Target] {
        gate.verdict.uses(pool) ? ports[gate.port]?.slots[pool] ?? [] : []
    }

    // MARK: What the model says

    /// The two pools of a port, as the model finds them.
    private struct Pools {
        let cluster: EndpointPool
        let local: EndpointPool

        init(_ port: ServicePort, in table: RoutingTable, on node: String) {
            cluster = table.pool(of: port, isLocal: false, on: node)
            local = table.pool(of: port, isLocal: true, on: node)
        }

        subscript(_ pool: Pool) -> EndpointPool { pool == .local ? local : cluster }
    }

    private mutating func verdict(
        _ entrance: Entrance, _ pools: Pools, in table: RoutingTable, on node: String
    ) -> Verdict {
        var actions: [RoutingTable.SourceKind: Action] = [:]
        for source in RoutingTable.SourceKind.allCases {
            let handling = table.handling(of: source, to: entrance.port, entrance.access)
            let action = action(handling, entrance.port, pools)
            actions[source] = action
            guard let pool = action.pool, !action.isMasqueraded else { continue }
            // Only node ports are asked for by pods of other nodes.
            for index in pools[pool].members {
                let endpoint = entrance.port.endpoints[index]
                if entrance.access == .nodePort || endpoint.nodeName == node || endpoint.nodeName.isEmpty {
                    hairpins.insert(endpoint.address)
                }
            }
        }
        return Verdict(
            pod: actions[.pod] ?? .reject, ownNode: actions[.ownNode] ?? .reject, other: actions[.other] ?? .reject)
    }

    private func action(_ handling: RoutingTable.Handling, _ port: ServicePort, _ pools: Pools) -> Action {
        guard port.hasEndpoints else { return .reject }
        let pool: Pool = handling.isLocal ? .local : .cluster
        let members = pools[pool].members
        guard !members.isEmpty else {
            if case .dropped = handling.outcomeWithoutMembers { return .drop }
            return .reject
        }
        let isMasqueraded = handling.masquerade != nil
        if let sticky = ports[PortName(port)]?.sticky {
            return .stick(port: sticky.id, pool, isMasqueraded: isMasqueraded)
        }
        return .spread(pool, count: members.count, isMasqueraded: isMasqueraded)
    }

    // MARK: Numbers

    private static func port(_ port: ServicePort, _ pools: Pools, old: Port?, _ newID: () -> Int) -> Port {
        var plan = Port()
        var targets: [Pool: [Target]] = [:]
        for pool in Pool.allCases { targets[pool] = pools[pool].members.map { Target(port.endpoints[$0]) } }
        if let seconds = port.affinitySeconds {
            var sticky = old?.sticky ?? StickyPort(id: newID(), port, seconds: seconds)
            sticky.seconds = seconds
            sticky.set(port.endpoints.map(Target.init), pools: targets)
            plan.sticky = sticky
        } else {
            for (pool, members) in targets {
                plan.slots[pool] = renumbered(old?.slots[pool] ?? [], members)
            }
        }
        return plan
    }

    /// The new members in an order that leaves as many as possible where they were: gaps are filled by new ones, then by
    /// the last.
    static func renumbered(_ old: [Target], _ new: [Target]) -> [Target] {
        let present = Set(new)
        let known = Set(old)
        var arrivals = new.filter { !known.contains($0) }[...]
        var slots: [Target?] = old.map { present.contains($0) ? $0 : nil }
        for index in slots.indices where slots[index] == nil {
            slots[index] = arrivals.popFirst()
        }
        var index = 0
        while index < slots.count {
            guard slots[index] == nil else {
                index += 1
                continue
            }
            let last = slots.removeLast()
            if index < slots.count { slots[index] = last }
        }
        return slots.compactMap { $0 } + arrivals
    }
}
