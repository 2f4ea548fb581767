package import FairleadModel
import FairleadRouting

/// The sets and maps whose elements come and go with Services. Each exists for both address families.
enum ElementSet: String, Hashable, Sendable, CaseIterable {
    /// Address, protocol and port: what is done with new connections.
    case services
    /// Address, port and number: an endpoint.
    case endpointsTCP = "endpoints-tcp"
    case endpointsUDP = "endpoints-udp"
    case endpointsSCTP = "endpoints-sctp"
    /// Cluster IPs: other ports of theirs are rejected.
    case clusterIPs = "cluster-ips"
    /// Endpoints that may be sent to themselves, twice each.
    case hairpins
    /// Addresses with ports that only admit some clients.
    case guarded
    /// The clients that they admit.
    case admitted

    static func endpoints(_ transport: Transport) -> ElementSet {
        switch transport {
        case .tcp: .endpointsTCP
        case .udp: .endpointsUDP
        case .sctp: .endpointsSCTP
        }
    }

    func name(isIPv4: Bool) -> String { rawValue + (isIPv4 ? "4" : "6") }

    /// What follows the name in the script that makes it.
    fileprivate func declaration(isIPv4: Bool) -> String {
        let address = isIPv4 ? "ipv4_addr" : "ipv6_addr"
        let socket = "\(address) . inet_proto . inet_service"
        switch self {
        case .services: return "map \(name(isIPv4: isIPv4)) { type \(socket) : verdict; }"
        // A map for each protocol: nft 1.0.6 can only read a type with `th dport` from its own input, not back from the
        // kernel. The number has no type that could be named.
        case .endpointsTCP: return endpoints(.tcp, isIPv4: isIPv4)
        case .endpointsUDP: return endpoints(.udp, isIPv4: isIPv4)
        case .endpointsSCTP: return endpoints(.sctp, isIPv4: isIPv4)
        case .clusterIPs: return "set \(name(isIPv4: isIPv4)) { type \(address); }"
        case .hairpins: return "set \(name(isIPv4: isIPv4)) { type \(address) . \(address); }"
        case .guarded: return "set \(name(isIPv4: isIPv4)) { type \(socket); }"
        case .admitted: return "set \(name(isIPv4: isIPv4)) { type \(socket) . \(address); flags interval; }"
        }
    }

    private func endpoints(_ transport: Transport, isIPv4: Bool) -> String {
        let socket = "\(isIPv4 ? "ip" : "ip6") daddr . \(transport.element) dport"
        return "map \(name(isIPv4: isIPv4)) { typeof \(socket) . numgen random mod 2 : \(socket); }"
    }
}

/// The part of the table that does not depend on Services. If it changes, the table is made anew.
///
/// A packet of an established connection passes none of these rules, because chains of type `nat` only see the first
/// packet. That one passes at most eleven on its way in and seven on its way out, with any number of Services.
package struct Skeleton: Hashable, Sendable {
    package static let table = "inet fairlead"
    /// The packet mark of connections that are to be masqueraded, which kube-proxy uses for the same purpose.
    static let mark = "0x4000"
    static let rejection = "reject-now"
    static let podRanges = "pods"
    private static let serviceRanges = "service-ranges"

    private let clusterCIDRs: [CIDR]
    private let serviceCIDRs: [CIDR]
    private let nodeAddresses: [IPAddress]

    /// - Parameter nodeAddresses: what masqueraded connections come from: at most one address of each family, which the
    ///   node must have on an interface. Without one the kernel takes that of the interface a packet leaves by.
    package init(clusterCIDRs: [CIDR], serviceCIDRs: [CIDR], nodeAddresses: [IPAddress]) {
        self.clusterCIDRs = Self.disjoint(clusterCIDRs)
        self.serviceCIDRs = Self.disjoint(serviceCIDRs)
        self.nodeAddresses = nodeAddresses
    }

    /// A set of ranges must not have overlapping ones.
    static func disjoint(_ ranges: [CIDR]) -> [CIDR] {
        let unique = Set(ranges)
        return unique.filter { range in !unique.contains { $0 != range && $0.contains(range) } }
            .sorted { ($0.network, $0.prefixLength) < ($1.network, $1.prefixLength) }
    }

    /// The commands that make an empty table in place of the present one, if there is one.
    var script: String {
        var text = "\(Self.removal)table \(Self.table) {\n"
        for isIPv4 in [true, false] {
            for set in ElementSet.allCases { text += "  \(set.declaration(isIPv4: isIPv4))\n" }
            text += rangeSet(Self.podRanges, clusterCIDRs, isIPv4: isIPv4)
            text += rangeSet(Self.serviceRanges, serviceCIDRs, isIPv4: isIPv4)
        }
        text += chain(
            Self.rejection, ["meta l4proto tcp reject with tcp reset", "reject with icmpx type port-unreachable"])
        text += chain("services", [true, false].flatMap(Self.serviceRules))
        text += chain("masquerading", masqueradeRules)
        text += chain("nat-prerouting", ["type nat hook prerouting priority -100; policy accept;", "jump services"])
        text += chain("nat-output", ["type nat hook output priority -100; policy accept;", "jump services"])
        text += chain(
            "nat-postrouting", ["type nat hook postrouting priority 100; policy accept;"] + Self.postroutingRules)
        return text + "}\n"
    }

    /// The commands that leave nothing of us.
    static let removal = "add table \(table)\ndelete table \(table)\n"

    /// A command that changes nothing, and fails if there is no table.
    static let presence = "add chain \(table) services"

    /// A table with rules of every kind.
    static var sample: String {
        let traffic = [true, false].flatMap { isIPv4 in Transport.allCases.map { Traffic(isIPv4: isIPv4, $0) } }
        let spread = Action.spread(.local, count: 2, isMasqueraded: true)
        let verdict = Verdict(pod: spread, ownNode: .reject, other: .drop)
        var text = Skeleton(clusterCIDRs: [], serviceCIDRs: [], nodeAddresses: []).script
        text += "add set \(table) clients { type ipv4_addr; flags dynamic,timeout; }\n"
        for (number, traffic) in traffic.enumerated() {
            text += "add chain \(table) sample-\(number)\n"
            for rule in verdict.rules(traffic) { text += "add rule \(table) sample-\(number) \(rule)\n" }
        }
        return text + "add chain \(table) sample\nadd rule \(table) sample update @clients { ip saddr timeout 10s }\n"
    }

    private static func serviceRules(isIPv4: Bool) -> [String] {
        func name(_ set: ElementSet) -> String { "@" + set.name(isIPv4: isIPv4) }
        let ip = isIPv4 ? "ip" : "ip6"
        let socket = "\(ip) daddr . meta l4proto . th dport"
        return [
            "\(socket) \(name(.guarded)) \(socket) . \(ip) saddr != \(name(.admitted)) drop",
            "\(socket) vmap \(name(.services))",
            "\(ip) daddr \(name(.clusterIPs)) goto \(rejection)",
            "\(ip) daddr @\(serviceRanges)\(isIPv4 ? 4 : 6) drop",
        ]
    }

    private static var postroutingRules: [String] {
        ["meta mark and \(mark) == \(mark) goto masquerading"]
            + [true, false].map { isIPv4 in
                let ip = isIPv4 ? "ip" : "ip6"
                let set = ElementSet.hairpins.name(isIPv4: isIPv4)
                return "ct status dnat \(ip) saddr . \(ip) daddr @\(set) goto masquerading"
            }
    }

    private var masqueradeRules: [String] {
        ["meta mark set meta mark and 0xffffbfff"]
            + nodeAddresses.map { "snat \($0.isIPv4 ? "ip" : "ip6") to \($0) fully-random" } + [
                "masquerade fully-random"
            ]
    }

    private func chain(_ name: String, _ rules: [String]) -> String {
        "  chain \(name) {\n" + rules.map { "    \($0)\n" }.joined() + "  }\n"
    }

    private func rangeSet(_ name: String, _ ranges: [CIDR], isIPv4: Bool) -> String {
        let own = ranges.filter { $0.isIPv4 == isIPv4 }
        let elements = own.isEmpty ? "" : " elements = { \(own.map(\.description).joined(separator: ", ")) };"
        let type = isIPv4 ? "ipv4_addr" : "ipv6_addr"
        return "  set \(name)\(isIPv4 ? 4 : 6) { type \(type); flags interval;\(elements) }\n"
    }
}
