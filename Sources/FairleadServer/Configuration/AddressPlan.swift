import FairleadControllers
import FairleadModel
import FairleadSimulation

/// Checks that the address ranges of a cluster have suitable sizes and do not overlap.
struct AddressPlan {
    private struct Claim {
        /// As given on the command line.
        var text: String
        var first: IPAddress
        var last: IPAddress

        func overlaps(_ other: Claim) -> Bool {
            first.isIPv4 == other.first.isIPv4 && first <= other.last && other.first <= last
        }
    }

    private let configuration: ServerConfiguration
    private let nodes: SimulatedNodes

    init(_ configuration: ServerConfiguration) {
        self.configuration = configuration
        nodes = SimulatedNodes(
            count: configuration.isBare ? 0 : configuration.nodes, podCIDRs: configuration.podCIDRs)
    }

    /// The first problem, and what would work instead.
    var problem: String? { sizeOfServiceRanges ?? roomForPods ?? overlap }

    /// kubeadm's limit: a range of more than 2^20 addresses is considered a mistake.
    private static let mostServiceBits = 20

    private var sizeOfServiceRanges: String? {
        // The Service `kubernetes` has the first address, kube-dns the tenth.
        let leastBits = configuration.isBare ? 2 : 4
        for range in configuration.serviceClusterIPRanges {
            let width = range.network.bitWidth
            let bits = width - range.prefixLength
            if (leastBits...Self.mostServiceBits).contains(bits) { continue }
            return "--service-cluster-ip-range \(range) is too \(bits < leastBits ? "small" : "large"): choose "
                + "\(range.network)/\(width - Self.mostServiceBits) to \(range.network)/\(width - leastBits)"
        }
        return nil
    }

    private var roomForPods: String? {
        guard nodes.count > 0 else { return nil }
        return configuration.podCIDRs.lazy.compactMap { roomForPods(in: $0) }.first
    }

    private func roomForPods(in range: CIDR) -> String? {
        // The network address, the node's own address and the last one cannot be a pod's.
        if range.size < 4 {
            return "--pod-cidr \(range) has no room for pods: choose one as in --pod-cidr 10.244.0.0/16"
        }
        let count = SimulatedNodes.partCount(of: range)
        if count >= UInt128(nodes.count) { return nil }
        let part = range.isIPv4 ? 24 : 64
        let room = "--pod-cidr \(range) has room for \(count) nodes, each of which takes a /\(part)"
        // The number of bits needed for the last node's index.
        let bits = Int.bitWidth - (nodes.count - 1).leadingZeroBitCount
        let larger = CIDR(range.network, prefixLength: part - bits)
        return "\(room): choose --nodes \(count), or a larger range"
            + (larger.map { " as in --pod-cidr \($0)" } ?? "")
    }

    private var overlap: String? {
        for (index, claim) in claims.enumerated() {
            guard let other = claims[..<index].first(where: { $0.overlaps(claim) }) else { continue }
            return "\(claim.text) and \(other.text) have addresses in common: choose ranges that have none"
        }
        return nil
    }

    private var claims: [Claim] {
        func claim(_ flag: String, _ range: CIDR) -> Claim {
            Claim(text: "\(flag) \(range)", first: range.network, last: range.last)
        }
        var claims = configuration.serviceClusterIPRanges.map { claim("--service-cluster-ip-range", $0) }
        if configuration.isBare { return claims }
        for (addresses, range) in zip(nodes.addressSpans, configuration.podCIDRs) {
            claims.append(
                Claim(
                    text: "the addresses \(addresses.first) to \(addresses.last) of the nodes", first: addresses.first,
                    last: addresses.last))
            claims.append(claim("--pod-cidr", range))
        }
        for pool in configuration.loadBalancerPools {
            for (text, bounds) in zip(pool.list, pool.bounds) {
                claims.append(Claim(text: "--load-balancer-pool \(text)", first: bounds.first, last: bounds.last))
            }
        }
        return claims
    }
}
