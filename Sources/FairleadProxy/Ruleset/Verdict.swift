import FairleadModel
import FairleadRouting

/// The address and port of an endpoint, to which packets are translated.
struct Target: Hashable, Sendable {
    let address: IPAddress
    let port: Int

    init(_ endpoint: Endpoint) {
        address = endpoint.address
        port = endpoint.port
    }

    /// As the data of a map: `10.244.1.5 . 8080`.
    var element: String { "\(address) . \(port)" }
    /// As the argument of a statement: `10.244.1.5:8080`.
    var argument: String { Socket(address, port, .tcp).description }
}

/// Which of a port's endpoints are chosen from. The raw value is the number of the first of them in the map.
enum Pool: Int, Hashable, Sendable, CaseIterable {
    case cluster = 0
    /// Beyond all numbers of the other pool.
    case local = 10_000_000
}

/// What is done with new connections from one kind of source.
enum Action: Hashable, Sendable {
    case reject
    case drop
    /// To one of `count` numbered endpoints, each as likely as the others.
    case spread(Pool, count: Int, isMasqueraded: Bool)
    /// By the chain of a port with session affinity.
    case stick(port: Int, Pool, isMasqueraded: Bool)

    var pool: Pool? {
        switch self {
        case .reject, .drop: nil
        case .spread(let pool, _, _), .stick(_, let pool, _): pool
        }
    }

    var isMasqueraded: Bool {
        switch self {
        case .reject, .drop: false
        case .spread(_, _, let isMasqueraded), .stick(_, _, let isMasqueraded): isMasqueraded
        }
    }

    /// A word for names of chains: `5` is five endpoints, `l5` five on this node, `m5` five with masquerading.
    fileprivate var code: String {
        let mark = isMasqueraded ? "m" : ""
        switch self {
        case .reject: return "reject"
        case .drop: return "drop"
        case .spread(let pool, let count, _): return "\(mark)\(pool == .local ? "l" : "")\(count)"
        case .stick(let port, let pool, _): return "\(mark)\(StickyPort.chain(port, pool))"
        }
    }

    fileprivate func statements(_ traffic: Traffic) -> String {
        let mark = isMasqueraded ? "meta mark set meta mark or \(Skeleton.mark) " : ""
        switch self {
        case .reject: return "goto \(Skeleton.rejection)"
        case .drop: return "drop"
        case .spread(let pool, let count, _):
            let number = "numgen random mod \(count)" + (pool == .cluster ? "" : " offset \(pool.rawValue)")
            return "\(mark)dnat \(traffic.ip) to \(traffic.ip) daddr . \(traffic.transport.element) dport . \(number) "
                + "map @\(traffic.endpoints.name)"
        case .stick(let port, let pool, _): return "\(mark)goto \(StickyPort.chain(port, pool))"
        }
    }
}

/// What is done with new connections to one address and port, by their source.
///
/// Verdicts that look alike share one chain of the table, however many addresses have them.
struct Verdict: Hashable, Sendable {
    var pod: Action
    var ownNode: Action
    var other: Action

    var actions: [Action] { [pod, ownNode, other] }
    var isUniform: Bool { pod == ownNode && ownNode == other }

    /// The pools that it takes endpoints from.
    func uses(_ pool: Pool) -> Bool { actions.contains { $0.pool == pool } }

    /// Whether its chain belongs to one port alone.
    var isSticky: Bool {
        actions.contains {
            if case .stick = $0 { return true }
            return false
        }
    }

    /// What the map of services says for it.
    func element(_ traffic: Traffic) -> String {
        guard hasChain else { return pod == .drop ? "drop" : "goto \(Skeleton.rejection)" }
        return "goto \(chainName(traffic))"
    }

    /// Whether it needs a chain of its own.
    var hasChain: Bool { !isUniform || pod.pool != nil }

    /// `to4-tcp-5`; with differences between pods, the own node and others: `to4-tcp-5-m5-m5`.
    func chainName(_ traffic: Traffic) -> String {
        let codes = isUniform ? [pod.code] : actions.map(\.code)
        return "to\(traffic.suffix)-" + codes.joined(separator: "-")
    }

    /// The rules of the chain: at most three.
    func rules(_ traffic: Traffic) -> [String] {
        if isUniform { return [pod.statements(traffic)] }
        let pods = "@\(Skeleton.podRanges)\(traffic.isIPv4 ? 4 : 6)"
        var rules = ["\(traffic.ip) saddr \(pods) \(pod.statements(traffic))"]
        if ownNode != other { rules.append("fib saddr type local \(ownNode.statements(traffic))") }
        rules.append(other.statements(traffic))
        return rules
    }
}
