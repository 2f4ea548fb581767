/// The nodes that packets from outside may come to, kept in order: no decision has to go through all nodes.
///
/// There is one pool for each address family, with the nodes that balancers leave out and without them.
struct NodePools: Sendable {
    /// The nodes that can be asked, and why the others cannot.
    struct Pool: Hashable, Sendable {
        /// Sorted.
        fileprivate(set) var nodes: [String] = []
        fileprivate(set) var excluded: [String: Decision.NodeChoice.Exclusion] = [:]

        func contains(_ node: String) -> Bool {
            let place = place(of: node)
            return place < nodes.count && nodes[place] == node
        }

        /// Where the node is, or belongs.
        fileprivate func place(of node: String) -> Int {
            var (low, high) = (0, nodes.count)
            while low < high {
                let middle = (low + high) / 2
                if nodes[middle] < node { low = middle + 1 } else { high = middle }
            }
            return low
        }
    }

    private var pools = [Pool](repeating: Pool(), count: 4)

    subscript(isIPv4 isIPv4: Bool, isBalancer isBalancer: Bool) -> Pool {
        pools[Self.index(isIPv4, isBalancer)]
    }

    mutating func insert(_ node: RoutingTable.Node) {
        for (isIPv4, isBalancer) in Self.kinds {
            let index = Self.index(isIPv4, isBalancer)
            if let why = Self.exclusion(of: node, isIPv4, isBalancer) {
                pools[index].excluded[node.name] = why
            } else {
                pools[index].nodes.insert(node.name, at: pools[index].place(of: node.name))
            }
        }
    }

    /// - Parameter node: as it was inserted.
    mutating func remove(_ node: RoutingTable.Node) {
        for (isIPv4, isBalancer) in Self.kinds {
            let index = Self.index(isIPv4, isBalancer)
            if pools[index].excluded.removeValue(forKey: node.name) == nil {
                pools[index].nodes.remove(at: pools[index].place(of: node.name))
            }
        }
    }

    private static let kinds = [(true, true), (true, false), (false, true), (false, false)]

    private static func index(_ isIPv4: Bool, _ isBalancer: Bool) -> Int { (isIPv4 ? 0 : 2) + (isBalancer ? 0 : 1) }

    private static func exclusion(
        of node: RoutingTable.Node, _ isIPv4: Bool, _ isBalancer: Bool
    ) -> Decision.NodeChoice.Exclusion? {
        if node.address(isIPv4: isIPv4) == nil { return .noAddress }
        if !node.isReady { return .notReady }
        return isBalancer && node.isExcludedFromBalancers ? .excluded : nil
    }
}
