import FairleadModel
import FairleadRouting

/// A port with session affinity: for each endpoint a set of the clients that stay with it and a chain that leads to it,
/// and for each pool a chain that looks for the client in the sets, in the order of the endpoints.
struct StickyPort: Hashable, Sendable {
    /// Unique in the table, for as long as the port exists.
    let id: Int
    let isIPv4: Bool
    let transport: Transport
    /// How long a client stays. Other servers may say anything; nft takes no nonsense.
    var seconds: Int64 { didSet { seconds = Self.clamped(seconds) } }
    /// All endpoints, also those that nobody is sent to at present: their clients come back.
    private(set) var numbers: [Target: Int] = [:]
    private var nextNumber = 0
    private(set) var pools: [Pool: [Target]] = [:]

    init(id: Int, _ port: ServicePort, seconds: Int64) {
        self.id = id
        isIPv4 = port.isIPv4
        transport = port.transport
        self.seconds = Self.clamped(seconds)
    }

    private static func clamped(_ seconds: Int64) -> Int64 { min(max(seconds, 1), 86400) }

    static func chain(_ id: Int, _ pool: Pool) -> String { "stick-\(id)\(pool == .local ? "-local" : "")" }

    mutating func set(_ endpoints: [Target], pools: [Pool: [Target]]) {
        let present = Set(endpoints)
        numbers = numbers.filter { present.contains($0.key) }
        for target in endpoints where numbers[target] == nil {
            numbers[target] = nextNumber
            nextNumber += 1
        }
        self.pools = pools
    }

    private func set(_ number: Int) -> String { "clients-\(id)-\(number)" }
    private func chain(_ number: Int) -> String { "stay-\(id)-\(number)" }

    /// The sets by name, each with what follows its name in the command that adds it.
    var sets: [String: String] {
        let type = isIPv4 ? "ipv4_addr" : "ipv6_addr"
        let declaration = "{ type \(type); flags dynamic,timeout; }"
        return Dictionary(uniqueKeysWithValues: numbers.values.map { (set($0), declaration) })
    }

    /// The rules of all chains.
    var chains: [String: [String]] {
        let ip = isIPv4 ? "ip" : "ip6"
        var chains: [String: [String]] = [:]
        for (target, number) in numbers {
            chains[chain(number)] = [
                // The time-out is in the rule: those who come after it has been changed get the new one.
                "update @\(set(number)) { \(ip) saddr timeout \(seconds)s }",
                "meta l4proto \(transport.element) dnat \(ip) to \(target.argument)",
            ]
        }
        for (pool, members) in pools where !members.isEmpty {
            let chosen = members.compactMap { numbers[$0] }
            var rules = chosen.map { "\(ip) saddr @\(set($0)) goto \(chain($0))" }
            let lots = chosen.enumerated().map { "\($0) : goto \(chain($1))" }.joined(separator: ", ")
            rules.append("numgen random mod \(chosen.count) vmap { \(lots) }")
            chains[Self.chain(id, pool)] = rules
        }
        return chains
    }
}
