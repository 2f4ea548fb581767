package import FairleadModel
package import FairleadRouting

/// The contents of our table on one node, and what has to be sent to the kernel when the cluster changes.
///
/// A pure value without a clock. It assumes that every change it returns is carried out; if one was not, the table must
/// be replaced by `script`. Who gets which packet is decided by `RoutingTable` alone.
///
/// Cost: a change of an endpoint touches the elements of its Service. The number of chains grows with the number of
/// different sizes of Services, not with Services; those with session affinity also have chains of their own.
package struct Ruleset: Sendable {
    package let node: String
    package private(set) var skeleton: Skeleton
    private(set) var plans: [ObjectName: ServicePlan] = [:]
    /// How many Services need a cluster IP or hairpin, and how many addresses a chain.
    private var clusterIPs: [IPAddress: Int] = [:]
    private var hairpins: [IPAddress: Int] = [:]
    private var chains: [Chain: Int] = [:]
    private var lastID = 0

    struct Chain: Hashable, Sendable {
        let verdict: Verdict
        let traffic: Traffic

        var name: String { verdict.chainName(traffic) }
        var rules: [String] { verdict.rules(traffic) }
    }

    /// How many chains may remain that nothing leads to: to make one again costs more than to keep it.
    private static let idleChains = 64

    package init(node: String, skeleton: Skeleton) {
        self.node = node
        self.skeleton = skeleton
    }

    /// How many Services have anything in the table.
    package var services: Int { plans.count }
    package var serviceNames: [ObjectName] { Array(plans.keys) }

    /// Rules that do not depend on Services change all at once, with `script`.
    package mutating func set(_ skeleton: Skeleton) { self.skeleton = skeleton }

    /// Brings the Services up to date with the cluster. Changes of several Services become one transaction.
    ///
    /// - Parameter services: those that have changed, and the rivals that they had before and have now.
    package mutating func update(_ services: some Sequence<ObjectName>, from table: RoutingTable) -> RulesetChange {
        var steps: [(old: ServicePlan, new: ServicePlan)] = []
        for service in Set(services).sorted() {
            let old = plans[service] ?? ServicePlan()
            let new = ServicePlan(service, in: table, on: node, old: old) { newID() }
            plans[service] = new.isEmpty ? nil : new
            steps.append((old, new))
        }
        var change = RulesetChange()
        for step in steps { remove(step.old, keeping: step.new, &change) }
        for step in steps { add(step.new, keeping: step.old, &change) }
        removeIdleChains(&change)
        return change
    }

    /// Forgets what is in the table and plans all Services anew, for a table that is going to be replaced.
    package mutating func fill(from table: RoutingTable) {
        self = Ruleset(node: node, skeleton: skeleton)
        for service in table.serviceNames {
            let plan = ServicePlan(service, in: table, on: node, old: ServicePlan()) { newID() }
            if plan.isEmpty { continue }
            plans[service] = plan
            for (socket, gate) in plan.gates where gate.verdict.hasChain {
                chains[Chain(verdict: gate.verdict, traffic: Traffic(socket)), default: 0] += 1
            }
            for address in plan.clusterIPs { count(&clusterIPs, address, by: 1) }
            for address in plan.hairpins { count(&hairpins, address, by: 1) }
        }
    }

    private mutating func newID() -> Int {
        lastID += 1
        return lastID
    }

    // MARK: Removing

    private mutating func remove(_ old: ServicePlan, keeping new: ServicePlan, _ change: inout RulesetChange) {
        for (socket, gate) in old.gates { remove(socket, gate, old, new, &change) }
        for address in old.clusterIPs.subtracting(new.clusterIPs) where count(&clusterIPs, address, by: -1) == 0 {
            change.remove("\(address)", from: .init(set: .clusterIPs, isIPv4: address.isIPv4))
        }
        for address in old.hairpins.subtracting(new.hairpins) where count(&hairpins, address, by: -1) == 0 {
            change.remove("\(address) . \(address)", from: .init(set: .hairpins, isIPv4: address.isIPv4))
        }
        for (name, port) in old.ports {
            guard let sticky = port.sticky else { continue }
            let kept = new.ports[name]?.sticky.flatMap { $0.id == sticky.id ? $0 : nil }
            let (chains, sets) = (kept?.chains ?? [:], kept?.sets ?? [:])
            change.goneChains.formUnion(sticky.chains.keys.filter { chains[$0] == nil })
            change.goneSets.formUnion(sticky.sets.keys.filter { sets[$0] == nil })
        }
    }

    private mutating func remove(
        _ socket: Socket, _ gate: ServicePlan.Gate, _ old: ServicePlan, _ new: ServicePlan,
        _ change: inout RulesetChange
    ) {
        let traffic = Traffic(socket)
        let isIPv4 = traffic.isIPv4
        let kept = new.gates[socket]
        if kept?.verdict != gate.verdict {
            change.remove(
                socket.element, gate.verdict.element(traffic), from: .init(set: .services, isIPv4: isIPv4))
            if gate.verdict.hasChain {
                let chain = Chain(verdict: gate.verdict, traffic: traffic)
                chains[chain, default: 0] -= 1
                if gate.verdict.isSticky, chains[chain] == 0 {
                    chains[chain] = nil
                    change.goneChains.insert(chain.name)
                }
            }
        }
        for pool in Pool.allCases {
            let (before, after) = (old.slots(gate, pool), kept.map { new.slots($0, pool) } ?? [])
            for (index, target) in before.enumerated() where index >= after.count || after[index] != target {
                change.remove(socket.element(pool, index), target.element, from: traffic.endpoints)
            }
        }
        guard let admitted = gate.admitted, kept?.admitted != admitted else { return }
        change.remove(socket.element, from: .init(set: .guarded, isIPv4: isIPv4))
        for range in admitted {
            change.remove("\(socket.element) . \(range)", from: .init(set: .admitted, isIPv4: isIPv4))
        }
    }

    // MARK: Adding

    private mutating func add(_ new: ServicePlan, keeping old: ServicePlan, _ change: inout RulesetChange) {
        for (name, port) in new.ports {
            guard let sticky = port.sticky else { continue }
            let known = old.ports[name]?.sticky.flatMap { $0.id == sticky.id ? $0 : nil }
            let (chains, sets) = (known?.chains ?? [:], known?.sets ?? [:])
            for (name, declaration) in sticky.sets where sets[name] == nil { change.newSets[name] = declaration }
            for (name, rules) in sticky.chains {
                if chains[name] == nil {
                    change.newChains[name] = rules
                } else if chains[name] != rules {
                    change.changedChains[name] = rules
                }
            }
        }
        for (socket, gate) in new.gates { add(socket, gate, new, old, &change) }
        for address in new.clusterIPs.subtracting(old.clusterIPs) where count(&clusterIPs, address, by: 1) == 1 {
            change.add("\(address)", to: .init(set: .clusterIPs, isIPv4: address.isIPv4))
        }
        for address in new.hairpins.subtracting(old.hairpins) where count(&hairpins, address, by: 1) == 1 {
            change.add("\(address) . \(address)", to: .init(set: .hairpins, isIPv4: address.isIPv4))
        }
    }

    private mutating func add(
        _ socket: Socket, _ gate: ServicePlan.Gate, _ new: ServicePlan, _ old: ServicePlan,
        _ change: inout RulesetChange
    ) {
        let traffic = Traffic(socket)
        let isIPv4 = traffic.isIPv4
        let known = old.gates[socket]
        if known?.verdict != gate.verdict {
            change.add(socket.element, gate.verdict.element(traffic), to: .init(set: .services, isIPv4: isIPv4))
            if gate.verdict.hasChain {
                let chain = Chain(verdict: gate.verdict, traffic: traffic)
                if chains[chain] == nil, change.goneChains.remove(chain.name) == nil {
                    change.newChains[chain.name] = chain.rules
                }
                chains[chain, default: 0] += 1
            }
        }
        for pool in Pool.allCases {
            let (after, before) = (new.slots(gate, pool), known.map { old.slots($0, pool) } ?? [])
            for (index, target) in after.enumerated() where index >= before.count || before[index] != target {
                change.add(socket.element(pool, index), target.element, to: traffic.endpoints)
            }
        }
        guard let admitted = gate.admitted, known?.admitted != admitted else { return }
        change.add(socket.element, to: .init(set: .guarded, isIPv4: isIPv4))
        for range in admitted {
            change.add("\(socket.element) . \(range)", to: .init(set: .admitted, isIPv4: isIPv4))
        }
    }

    private mutating func removeIdleChains(_ change: inout RulesetChange) {
        let idle = chains.filter { $0.value == 0 }.keys
        guard idle.count > Self.idleChains else { return }
        for chain in idle {
            chains[chain] = nil
            // One that this change was to make is not there yet.
            if change.newChains.removeValue(forKey: chain.name) == nil { change.goneChains.insert(chain.name) }
        }
    }

    @discardableResult
    private func count(_ counts: inout [IPAddress: Int], _ address: IPAddress, by step: Int) -> Int {
        let count = counts[address, default: 0] + step
        counts[address] = count == 0 ? nil : count
        return count
    }

    /// Chains that nothing leads to are not made again.
    mutating func forgetIdleChains() { chains = chains.filter { $0.value > 0 } }

    var usedChains: [Chain] { chains.filter { $0.value > 0 }.map(\.key) }
    var usedClusterIPs: [IPAddress] { Array(clusterIPs.keys) }
    var usedHairpins: [IPAddress] { Array(hairpins.keys) }
}
