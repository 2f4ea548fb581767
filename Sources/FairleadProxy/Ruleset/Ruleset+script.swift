import FairleadModel
import FairleadRouting

extension Ruleset {
    /// The commands that put the whole table in place of whatever is there: one transaction for `nft -f`.
    ///
    /// Written piece by piece: with 50,000 endpoints it is three megabytes.
    package mutating func script() -> String {
        forgetIdleChains()
        var text = skeleton.script
        for chain in usedChains {
            text.append("add chain \(Skeleton.table) \(chain.name)\n")
        }
        var rules = usedChains.map { (name: $0.name, rules: $0.rules) }
        var elements = ElementLists()
        for plan in plans.values {
            for sticky in plan.ports.values.compactMap(\.sticky) {
                for (name, declaration) in sticky.sets {
                    text.append("add set \(Skeleton.table) \(name) \(declaration)\n")
                }
                for (name, body) in sticky.chains {
                    text.append("add chain \(Skeleton.table) \(name)\n")
                    rules.append((name, body))
                }
            }
            for (socket, gate) in plan.gates { elements.add(socket, gate, plan) }
        }
        for (name, body) in rules {
            for rule in body { text.append("add rule \(Skeleton.table) \(name) \(rule)\n") }
        }
        for address in usedClusterIPs { elements.add("\(address)", .clusterIPs, isIPv4: address.isIPv4) }
        for address in usedHairpins { elements.add("\(address) . \(address)", .hairpins, isIPv4: address.isIPv4) }
        elements.finish(&text)
        return text
    }
}

/// Commands that add elements, a thousand at a time.
private struct ElementLists {
    private struct List {
        var commands = ""
        var count = 0
    }

    private static let most = 1000
    private var lists: [Place: List] = [:]

    mutating func add(_ socket: Socket, _ gate: ServicePlan.Gate, _ plan: ServicePlan) {
        let traffic = Traffic(socket)
        let isIPv4 = traffic.isIPv4
        let key = socket.element
        add("\(key) : \(gate.verdict.element(traffic))", .services, isIPv4: isIPv4)
        for pool in Pool.allCases {
            for (index, target) in plan.slots(gate, pool).enumerated() {
                add("\(socket.element(pool, index)) : \(target.element)", traffic.endpoints.set, isIPv4: isIPv4)
            }
        }
        guard let admitted = gate.admitted else { return }
        add(key, .guarded, isIPv4: isIPv4)
        for range in admitted { add("\(key) . \(range)", .admitted, isIPv4: isIPv4) }
    }

    mutating func add(_ element: String, _ set: ElementSet, isIPv4: Bool) {
        let place = Place(set: set, isIPv4: isIPv4)
        var list = lists.removeValue(forKey: place) ?? List()
        if list.count % Self.most == 0 {
            if list.count > 0 { list.commands.append(" }\n") }
            list.commands.append("add element \(Skeleton.table) \(place.name) { ")
        } else {
            list.commands.append(", ")
        }
        list.commands.append(element)
        list.count += 1
        lists[place] = list
    }

    mutating func finish(_ text: inout String) {
        for list in lists.values {
            text.append(list.commands)
            text.append(" }\n")
        }
        lists = [:]
    }
}
