import FairleadModel

/// Subsets of an Endpoints object in canonical form: every address is in one subset with all its ports. Pure.
///
/// Addresses are identified by their IP and the uid of their target; if subsets disagree about one, it is not ready.
/// Reference: k8s.io/kubernetes `api/v1/endpoints.RepackSubsets`.
struct SubsetRepacking {
    struct Subset {
        /// In canonical order; empty for a subset without ports.
        var ports: [EndpointSliceView.Port]
        var ready: [Value]
        var notReady: [Value]
    }

    private struct Key: Hashable, Comparable {
        var ip: String
        var uid: String

        static func < (left: Key, right: Key) -> Bool { (left.ip, left.uid) < (right.ip, right.uid) }
    }

    let subsets: [Subset]
    /// Addresses left out because ports and subsets overlap so much that their canonical form would be enormous.
    private(set) var leftOut = 0
    private static let maximumMembers = 1_000_000

    /// Ports that occur in the same subsets have the same addresses and are handled together, so the work is not the
    /// product of ports and addresses.
    init(_ subsets: [Value]) {
        var addresses: [Key: Value] = [:]
        var members: [[(key: Key, isReady: Bool)]] = []
        var places: [EndpointSliceView.Port?: [Int]] = [:]
        var order: [EndpointSliceView.Port?] = []
        for subset in subsets {
            var found: [(key: Key, isReady: Bool)] = []
            for (field, isReady) in [("addresses", true), ("notReadyAddresses", false)] {
                for address in subset.items(field) {
                    let key = Key(ip: address.text("ip"), uid: address.text("targetRef", "uid"))
                    if addresses[key] == nil { addresses[key] = address }
                    found.append((key, isReady))
                }
            }
            if found.isEmpty { continue }
            for port in Self.ports(of: subset) {
                if places[port] == nil { order.append(port) }
                if places[port]?.last != members.count { places[port, default: []].append(members.count) }
            }
            members.append(found)
        }
        var classes: [[Int]: [EndpointSliceView.Port]] = [:]
        var classOrder: [[Int]] = []
        for port in order {
            guard let place = places[port] else { continue }
            if classes[place] == nil { classOrder.append(place) }
            classes[place, default: []] += port.map { [$0] } ?? []
        }
        var groups: [[Key: Bool]: [EndpointSliceView.Port]] = [:]
        var groupOrder: [[Key: Bool]] = []
        var room = Self.maximumMembers
        for place in classOrder {
            let count = place.reduce(0) { $0 + members[$1].count }
            guard count <= room else {
                leftOut += count
                continue
            }
            room -= count
            var readiness: [Key: Bool] = [:]
            for index in place {
                for member in members[index] {
                    readiness[member.key] = (readiness[member.key] ?? true) && member.isReady
                }
            }
            if groups[readiness] == nil { groupOrder.append(readiness) }
            groups[readiness, default: []] += classes[place] ?? []
        }
        self.subsets = groupOrder.map { members in
            let sorted = members.keys.sorted()
            return Subset(
                ports: EndpointBuilder.ordered(groups[members] ?? []),
                ready: sorted.filter { members[$0] == true }.compactMap { addresses[$0] },
                notReady: sorted.filter { members[$0] == false }.compactMap { addresses[$0] })
        }
    }

    /// A subset without ports counts as having one port of its own, nil.
    private static func ports(of subset: Value) -> [EndpointSliceView.Port?] {
        let ports = subset.items("ports")
        if ports.isEmpty { return [nil] }
        return ports.map { port in
            EndpointSliceView.Port(
                name: port.text("name"), protocolName: port["protocol"]?.string ?? "TCP", number: port["port"]?.int,
                appProtocol: port["appProtocol"]?.string)
        }
    }
}
