package import FairleadModel

extension Decision {
    /// Which node a packet from outside, or from a balancer, arrives at.
    package struct NodeChoice: Hashable, Sendable {
        package enum Exclusion: String, Hashable, Sendable {
            case notReady = "NodeNotReady"
            case excluded = "ExcludedFromBalancers"
            /// Its health check node port returns 503: the policy is Local and the node has no ready endpoint.
            case unhealthy = "NoReadyLocalEndpoint"
            case noAddress = "NoAddressOfFamily"
        }

        /// nil if the external network routes the address (`externalIPs`), without health checks.
        package let balancer: IPAddress?
        /// Sorted.
        package let nodes: [String]
        private let pool: NodePools.Pool

        /// - Parameter healthy: the nodes whose health checks succeed, sorted; nil if there are no health checks.
        init(balancer: IPAddress?, pool: NodePools.Pool, healthy: [String]?) {
            self.balancer = balancer
            self.pool = pool
            nodes = healthy?.filter { pool.contains($0) } ?? pool.nodes
        }

        /// Goes through all nodes.
        package var excluded: [String: Exclusion] {
            Dictionary(uniqueKeysWithValues: someExcluded(.max).map { ($0.node, $0.why) })
        }

        /// How many nodes cannot be asked.
        package var excludedCount: Int { pool.excluded.count + pool.nodes.count - nodes.count }

        /// Nodes that cannot be asked, sorted by name; at most this many.
        package func someExcluded(_ limit: Int) -> [(node: String, why: Exclusion)] {
            var found = pool.excluded.sorted { $0.key < $1.key }.map { (node: $0.key, why: $0.value) }
            guard nodes.count < pool.nodes.count else { return Array(found.prefix(limit)) }
            // Both lists are sorted, and the one is part of the other.
            var asked = nodes[...]
            var room = limit
            for node in pool.nodes {
                if room == 0 { break }
                if node == asked.first {
                    asked.removeFirst()
                } else {
                    found.append((node, .unhealthy))
                    room -= 1
                }
            }
            return Array(found.sorted { $0.node < $1.node }.prefix(limit))
        }
    }
}
