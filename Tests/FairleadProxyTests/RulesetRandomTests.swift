import FairleadModel
import FairleadRandomTesting
import FairleadRouting
import Testing

@testable import FairleadProxy

/// Random changes of a small cluster: each transaction is one that the kernel would take, leads to the same table as a
/// new beginning, and does with packets what the model says.
struct RulesetRandomTests {
    private static let skeleton = Skeleton(
        clusterCIDRs: RandomCluster.settings.clusterCIDRs, serviceCIDRs: RandomCluster.settings.serviceCIDRs,
        nodeAddresses: [])

    @Test(arguments: 0..<12 as Range<UInt64>)
    func changesLeadWhereANewBeginningLeads(seed: UInt64) throws {
        var cluster = RandomCluster(seed: seed)
        var state = Self.emptyState()
        var rules = Ruleset(node: RandomCluster.node, skeleton: Self.skeleton)
        for name in cluster.nodes.keys { Self.apply(.node(name, cluster.nodes[name]!), to: &state) }
        rules.fill(from: state.table)
        var table = SimulatedTable()
        try table.run(rules.script())
        for step in 0..<40 {
            for _ in 0...cluster.random.below(3) { Self.apply(cluster.change(), to: &state) }
            let pending = state.takePending()
            let services =
                pending.touchesAll
                ? pending.services.union(state.table.serviceNames).union(rules.serviceNames) : pending.services
            let change = rules.update(services, from: state.table)
            do {
                if !change.isEmpty { try table.run(change.script) }
                var whole = SimulatedTable()
                var copy = rules
                try whole.run(copy.script())
                #expect(table.used == whole.used, "seed \(seed), step \(step): \(change.script)")
            } catch {
                Issue.record("seed \(seed), step \(step): \(error.text)\n\(change.script)")
                return
            }
            var again = rules
            #expect(again.update(state.table.serviceNames, from: state.table).isEmpty, "seed \(seed), step \(step)")
            if step % 8 == 7 { compare(table, with: cluster, "seed \(seed), step \(step)") }
        }
    }

    @Test(arguments: 100..<110 as Range<UInt64>)
    func transactionsOfManyChangesAreTaken(seed: UInt64) throws {
        var cluster = RandomCluster(seed: seed)
        var state = Self.emptyState()
        for name in cluster.nodes.keys { Self.apply(.node(name, cluster.nodes[name]!), to: &state) }
        var rules = Ruleset(node: RandomCluster.node, skeleton: Self.skeleton)
        rules.fill(from: state.table)
        var table = SimulatedTable()
        try table.run(rules.script())
        for _ in 0..<10 {
            for _ in 0..<30 { Self.apply(cluster.change(), to: &state) }
            try table.run(
                rules.update(Set(state.table.serviceNames).union(rules.serviceNames), from: state.table).script)
            var fresh = Ruleset(node: RandomCluster.node, skeleton: Self.skeleton)
            fresh.fill(from: state.table)
            var other = SimulatedTable()
            try other.run(fresh.script())
            #expect(table.elements("services4").count == other.elements("services4").count)
            #expect(table.elements("cluster-ips6") == other.elements("cluster-ips6"))
            #expect(table.elements("hairpins4") == other.elements("hairpins4"))
            #expect(
                table.elements("endpoints-tcp4").values.sorted() == other.elements("endpoints-tcp4").values.sorted())
        }
    }

    // MARK: With the model

    private func compare(_ table: SimulatedTable, with cluster: RandomCluster, _ place: String) {
        let model = cluster.table
        var compared = 0
        for (source, address, isOwn) in sources(model) {
            for socket in sockets(model) where socket.address.isIPv4 == address.isIPv4 {
                let packet = Packet(from: source, to: .address(socket.address), port: socket.port, socket.transport)
                guard let wanted = wanted(packet, model) else { continue }
                let found = table.fates(from: address, isOwn: isOwn, to: socket)
                // So many throws find all of six outcomes, but perhaps not of more.
                let isRight = wanted.count > 6 ? wanted.isSubset(of: found) : wanted == found
                #expect(isRight, "\(place): \(source) to \(socket.element): \(found), not \(wanted)")
                compared += 1
            }
        }
        #expect(compared > 20)
    }

    /// What the rules of our node may do, according to the model; nil if our node has no say.
    private func wanted(_ packet: Packet, _ model: RoutingTable) -> Set<String>? {
        var found: Set<String> = []
        for seed in 0..<64 as Range<UInt64> {
            var random = SplitMix64(seed: seed)
            var connections = ConnectionTable()
            let decision = model.route(packet, &connections, at: 0, using: &random)
            guard decision.node == RandomCluster.node, decision.access != .balancerProxy else { continue }
            if let chosen = decision.chosen {
                found.insert(chosen.text + (decision.masquerade == nil ? "" : " m"))
                continue
            }
            switch decision.outcome {
            case .rejected(.nothingListens), .delivered, .answeredByNode: return []
            case .rejected: found.insert("reject")
            case .dropped(.noHealthyNode): continue
            case .dropped: found.insert("drop")
            case .unreachable, .leavesCluster: return decision.servicePort == nil ? [] : nil
            }
        }
        return found.isEmpty ? nil : found
    }

    private func sources(_ model: RoutingTable) -> [(Packet.Source, IPAddress, isOwn: Bool)] {
        var sources: [(Packet.Source, IPAddress, isOwn: Bool)] = []
        for name in ["p1-1", "p1-2", "p2-1"] {
            let pod = ObjectName(namespace: "d", name: name)
            for address in model.pods[pod]?.addresses ?? [] { sources.append((.pod(pod), address, false)) }
        }
        for name in ["n1", "n2"] {
            for isIPv4 in [true, false] {
                guard let address = model.nodes[name]?.address(isIPv4: isIPv4) else { continue }
                sources.append((.node(name), address, name == RandomCluster.node))
            }
        }
        for text in ["203.0.113.77", "192.168.7.7", "2001:db8:7::7"] {
            guard let address = IPAddress(text) else { continue }
            sources.append((.outside(address), address, false))
        }
        return sources
    }

    private func sockets(_ model: RoutingTable) -> [Socket] {
        let fixed = ["10.96.0.1", "10.96.0.4", "10.96.9.9", "fd00:96::1", "198.51.100.9", "203.0.113.1"]
        let addresses = fixed.compactMap { IPAddress($0) } + (model.nodes[RandomCluster.node]?.addresses ?? [])
        return addresses.flatMap { address in
            [80, 81, 53, 30080, 30081].flatMap { port in
                [Transport.tcp, .udp].map { Socket(address, port, $0) }
            }
        }
    }

    // MARK: As the agent does it

    private static func emptyState() -> ClusterState {
        let settings = ProxySettings(node: RandomCluster.node, routing: RandomCluster.settings)
        var state = ClusterState(settings, started: Timestamp(seconds: 0))
        for source in ClusterState.Source.allCases { state.completed(source, at: .zero) }
        return state
    }

    private static func apply(_ change: RandomCluster.Change, to state: inout ClusterState) {
        let (source, name, value): (ClusterState.Source, ObjectName, Value?) =
            switch change {
            case .service(let name, let value): (.services, ObjectName(namespace: "d", name: name), value)
            case .slice(let name, let value): (.slices, ObjectName(namespace: "d", name: name), value)
            case .node(let name, let value): (.nodes, ObjectName(namespace: "", name: name), value)
            }
        if let value {
            state.set(source, name, value, at: .zero)
        } else {
            state.remove(source, name, at: .zero)
        }
    }
}
