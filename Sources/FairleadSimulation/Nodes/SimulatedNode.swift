package import FairleadModel

/// The annotations with which users control the simulation.
package enum SimulationKeys {
    /// `"true"` on a Node: a simulated kubelet runs it. Set on the nodes that the simulation creates; it brings other
    /// Nodes to life, too.
    package static let simulated = "fairlead.dev/simulated"
    /// `"true"` on a Node: its machine is off. The lease is not renewed and the kubelet does nothing.
    package static let down = "fairlead.dev/down"
    /// `"false"` on a Pod: its readiness probes fail.
    package static let ready = "fairlead.dev/ready"
    /// On a Pod: its containers exit after this many seconds, with the code in `exitCode`. Pods of Jobs exit by
    /// themselves.
    package static let exitAfter = "fairlead.dev/exit-after-seconds"
    package static let exitCode = "fairlead.dev/exit-code"

    /// On a Pod: what its containers use, in place of what they would by what they do.
    package static let cpuUsage = "fairlead.dev/cpu-usage"
    package static let memoryUsage = "fairlead.dev/memory-usage"

    package static func isSimulated(_ node: Value) -> Bool { node.annotations[simulated] == "true" }
    static func isDown(_ node: Value) -> Bool { node.annotations[down] == "true" }
    /// Whether a kubelet is running the node.
    static func isAlive(_ node: Value) -> Bool { isSimulated(node) && !isDown(node) }
}

/// The simulated machines. Pure: maps an index to a Node object.
package struct SimulatedNodes: Sendable {
    package var count: Int
    /// Where pod addresses come from, the primary family first.
    package var podCIDRs: [CIDR]
    /// Nodes are distributed over this many zones: zone-a, zone-b, …
    package var zones: Int

    package init(count: Int, podCIDRs: [CIDR], zones: Int = 3) {
        self.count = count
        self.podCIDRs = podCIDRs
        self.zones = max(1, min(zones, 26))
    }

    package static func name(_ index: Int) -> String { "node-\(index + 1)" }

    func zone(_ index: Int) -> String {
        let letters: [Character] = Array("abcdefghijklmnopqrstuvwxyz")
        return "zone-\(letters[index % zones])"
    }

    /// This node's parts of the pod ranges: a /24 (IPv4) or /64 (IPv6) of each, or less if the range is small. Ranges
    /// of which no part is left are missing.
    func podRanges(_ index: Int) -> [CIDR] {
        podCIDRs.compactMap { range in
            guard UInt128(index) < Self.partCount(of: range) else { return nil }
            let start = range.network.advanced(by: Self.partSize(of: range) * UInt128(index))
            return CIDR(start, prefixLength: Self.partLength(of: range))
        }
    }

    private static func partLength(of range: CIDR) -> Int { max(range.isIPv4 ? 24 : 64, range.prefixLength) }
    private static func partSize(of range: CIDR) -> UInt128 {
        UInt128(1) << UInt128(range.network.bitWidth - partLength(of: range))
    }
    /// The number of nodes for which a pod range has a part.
    package static func partCount(of range: CIDR) -> UInt128 { range.size / partSize(of: range) }

    /// The first address of the container network that the nodes are in, as in kind: that of the machine they run on.
    package static func gateway(isIPv4: Bool) -> IPAddress {
        isIPv4
            ? IPAddress(bits: 0xAC12_0001, isIPv4: true)
            : IPAddress(bits: 0xFC00_F853_0CCD_E793_0000_0000_0000_0001, isIPv4: false)
    }

    /// Addresses in that network, one of each family of the pod ranges: 172.18.0.2 and fc00:f853:ccd:e793::2 and up.
    func addresses(_ index: Int) -> [String] {
        podCIDRs.map { Self.gateway(isIPv4: $0.isIPv4).advanced(by: 1 + UInt128(index)).description }
    }

    /// The addresses of the first and the last node in each family; empty if there are no nodes.
    package var addressSpans: [(first: IPAddress, last: IPAddress)] {
        guard count > 0 else { return [] }
        return podCIDRs.map { range in
            let gateway = Self.gateway(isIPv4: range.isIPv4)
            return (gateway.advanced(by: 1), gateway.advanced(by: UInt128(count)))
        }
    }

    /// The Node as its kubelet registers it, without a status.
    func node(_ index: Int) -> Value {
        let name = Self.name(index)
        let labels: [String: String] = [
            "kubernetes.io/hostname": name, "kubernetes.io/os": "linux", "kubernetes.io/arch": "amd64",
            "beta.kubernetes.io/os": "linux", "beta.kubernetes.io/arch": "amd64",
            "topology.kubernetes.io/region": "region-1", "topology.kubernetes.io/zone": zone(index),
        ]
        var node: Value = [
            "apiVersion": "v1", "kind": "Node",
            "metadata": ["name": .string(name), "annotations": [SimulationKeys.simulated: "true"]],
            "spec": ["providerID": .string("fairlead://\(name)")],
        ]
        node.labels = labels
        let ranges = podRanges(index).map { Value.string($0.description) }
        if let first = ranges.first {
            node.set(first, at: "spec", "podCIDR")
            node.set(.array(ranges), at: "spec", "podCIDRs")
        }
        return node
    }
}
