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

    package static func isSimulated(_ node: Value) -> Bool { node.annotations[simulated] == "true" }
    static func isDown(_ node: Value) -> Bool { node.annotations[down] == "true" }
    /// Whether a kubelet is running the node.
    static func isAlive(_ node: Value) -> Bool { isSimulated(node) && !isDown(node) }
}

/// The simulated machines. Pure: maps an index to a Node object.
package struct SimulatedNodes: Sendable {
    package var count: Int
    package var podCIDR: CIDR
    /// Nodes are distributed over this many zones: zone-a, zone-b, …
    package var zones: Int

    package init(count: Int, podCIDR: CIDR, zones: Int = 3) {
        self.count = count
        self.podCIDR = podCIDR
        self.zones = max(1, min(zones, 26))
    }

    package static func name(_ index: Int) -> String { "node-\(index + 1)" }

    func zone(_ index: Int) -> String {
        let letters: [Character] = Array("abcdefghijklmnopqrstuvwxyz")
        return "zone-\(letters[index % zones])"
    }

    /// This node's part of the pod range: a /24 (IPv4) or /64 (IPv6), or less if the range is small. nil if no part is
    /// left.
    func podRange(_ index: Int) -> CIDR? {
        guard UInt128(index) < podRangeCount else { return nil }
        return CIDR(podCIDR.network.advanced(by: podRangeSize * UInt128(index)), prefixLength: podRangeLength)
    }

    private var podRangeLength: Int { max(podCIDR.isIPv4 ? 24 : 64, podCIDR.prefixLength) }
    private var podRangeSize: UInt128 { UInt128(1) << UInt128(podCIDR.network.bitWidth - podRangeLength) }
    /// The number of nodes for which the pod range has a part.
    package var podRangeCount: UInt128 { podCIDR.size / podRangeSize }

    /// 172.18.0.2 and up: addresses in a container network, as in kind.
    func address(_ index: Int) -> String { Self.firstAddress.advanced(by: UInt128(index)).description }

    private static let firstAddress = IPAddress(bits: 0xAC12_0002, isIPv4: true)

    /// The addresses of the first and the last node; nil if there are no nodes.
    package var addresses: (first: IPAddress, last: IPAddress)? {
        count > 0 ? (Self.firstAddress, Self.firstAddress.advanced(by: UInt128(count - 1))) : nil
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
        if let range = podRange(index) {
            node.set(.string(range.description), at: "spec", "podCIDR")
            node.set([.string(range.description)], at: "spec", "podCIDRs")
        }
        return node
    }
}
