import FairleadModel

/// Subsets of an Endpoints object in canonical form: every address is in one subset with all its ports. Pure.
///
/// An address is told apart by its IP and the uid of its target; where subsets disagree about it, not ready counts.
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

    init(_ subsets: [Value]) {
        var addresses: [Key: Value] = [:]
        var readiness: [EndpointSliceView.Port?: [Key: Bool]] = [:]
        var order: [EndpointSliceView.Port?] = []
        for subset in subsets {
            let ports = subset.items("ports").map { port in
                Optional(
                    EndpointSliceView.Port(
                        name: port.text("name"), protocolName: port["protocol"]?.string ?? "TCP",
                        number: port["port"]?.int, appProtocol: port["appProtocol"]?.string))
            }
            for (field, isReady) in [("addresses", true), ("notReadyAddresses", false)] {
                for address in subset.items(field) {
                    let key = Key(ip: address.text("ip"), uid: address.text("targetRef", "uid"))
                    if addresses[key] == nil { addresses[key] = address }
                    for port in ports.isEmpty ? [nil] : ports {
                        if readiness[port] == nil { order.append(port) }
                        let before = readiness[port]?[key] ?? true
                        readiness[port, default: [:]][key] = before && isReady
                    }
                }
            }
        }
        var groups: [[Key: Bool]: [EndpointSliceView.Port]] = [:]
        var groupOrder: [[Key: Bool]] = []
        for port in order {
            guard let members = readiness[port] else { continue }
            if groups[members] == nil { groupOrder.append(members) }
            groups[members, default: []] += port.map { [$0] } ?? []
        }
        self.subsets = groupOrder.map { members in
            let sorted = members.keys.sorted()
            return Subset(
                ports: EndpointBuilder.ordered(groups[members] ?? []),
                ready: sorted.filter { members[$0] == true }.compactMap { addresses[$0] },
                notReady: sorted.filter { members[$0] == false }.compactMap { addresses[$0] })
        }
    }
}
