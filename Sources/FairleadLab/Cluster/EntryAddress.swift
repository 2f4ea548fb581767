package import FairleadModel

/// How packets from outside come to an address of Services: an external IP, or one of a load balancer.
package enum EntryAddress: Hashable, Sendable {
    /// To one of these nodes, each as likely as the others. None: the packets get lost.
    case nodes([String])
    /// To the balancer, which opens connections of its own (`ipMode: Proxy`).
    case balancer
}

/// A port of a balancer with `ipMode: Proxy`.
package struct BalancerPort: Hashable, Sendable {
    package let address: IPAddress
    package let port: Int
}

/// Where such a port leads: the node port, on any of the nodes' addresses.
package struct BalancerTarget: Hashable, Sendable {
    package let addresses: [IPAddress]
    package let nodePort: Int
}
