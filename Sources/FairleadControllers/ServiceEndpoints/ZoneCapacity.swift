import FairleadModel

/// How the cluster's CPUs are spread over its zones: the share of the endpoints each zone should have (KEP-2433).
struct ZoneCapacity: Sendable, Equatable {
    /// nil if unknown: a ready node lacks a zone or CPU, or there are fewer than two zones.
    let shares: [String: Double]?

    /// How much more than its share an endpoint may have to handle.
    static let overload = 0.2

    init(shares: [String: Double]?) { self.shares = shares }

    /// - Parameter nodes: all of them; control-plane nodes and those that are not ready do not count.
    init(nodes: [NodeView]) {
        var cpus: [String: Double] = [:]
        for node in nodes {
            let labels = node.labels
            if labels["node-role.kubernetes.io/control-plane"] != nil || labels["node-role.kubernetes.io/master"] != nil
            {
                continue
            }
            if !node.isReady { continue }
            let cpu = node.allocatable["cpu"].flatMap { Quantity($0) }.map { Double($0.milliValue) } ?? 0
            guard !node.zone.isEmpty, cpu > 0 else {
                shares = nil
                return
            }
            cpus[node.zone, default: 0] += cpu
        }
        let total = cpus.values.reduce(0, +)
        shares = cpus.count < 2 ? nil : cpus.mapValues { $0 / total }
    }

    /// Whether hints that give the zones this many endpoints overload a zone.
    func isOverloaded(_ endpoints: [String: Int]) -> Bool {
        if endpoints.isEmpty { return false }
        guard let shares else { return true }
        let total = Double(endpoints.values.reduce(0, +))
        return shares.contains { zone, share in
            guard let count = endpoints[zone] else { return true }
            return count < Int((total * share / (1 + Self.overload)).rounded(.up))
        }
    }
}
