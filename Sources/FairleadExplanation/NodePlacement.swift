import FairleadClient
import FairleadModel
import Synchronization

/// The zones that have nodes, and the Services that depend on where nodes are, kept up to date change by change: no look
/// at a Service has to go through all nodes.
final class NodePlacement: Sendable {
    private static let byDependence = "byNodePlacement"
    /// Keys of the index.
    private static let zoned = "zoned"
    private static let balanced = "balanced"

    private let services: Lister
    private let counts = Mutex<[String: Int]>([:])

    /// Adds an index to the shared informer of Services.
    init(services: Informer) {
        services.addIndex(Self.byDependence) { object in
            let service = ServiceView(object)
            var keys: [String] = []
            if !service.trafficDistribution.isEmpty { keys.append(Self.zoned) }
            if service.type == "LoadBalancer", service.externalTrafficPolicy == "Local" { keys.append(Self.balanced) }
            return keys
        }
        self.services = services.lister
    }

    var zones: Set<String> { counts.withLock { Set($0.keys) } }

    /// Takes note of the change of a node, and returns the Services to look at again: those with hints if a zone has got
    /// its first node or lost its last one, those of balancers if the node is left out by them from now on or no longer.
    /// What a node's failure does to endpoints shows in their slices.
    func services(affectedBy change: ObjectChange) -> [ObjectName] {
        let (old, new) = (change.old.map { NodeView($0) }, change.new.map { NodeView($0) })
        var keys: [String] = []
        if move(from: old?.zone ?? "", to: new?.zone ?? "") { keys.append(Self.zoned) }
        if let old, let new, Self.isExcluded(old) != Self.isExcluded(new) { keys.append(Self.balanced) }
        return keys.flatMap { services.indexed(Self.byDependence, $0).map(\.objectName) }
    }

    /// Returns whether a zone has come or gone.
    private func move(from old: String, to new: String) -> Bool {
        if old == new { return false }
        return counts.withLock { counts in
            var isChanged = false
            if !old.isEmpty, let count = counts[old] {
                counts[old] = count > 1 ? count - 1 : nil
                isChanged = count <= 1
            }
            if !new.isEmpty {
                isChanged = isChanged || counts[new] == nil
                counts[new, default: 0] += 1
            }
            return isChanged
        }
    }

    private static func isExcluded(_ node: NodeView) -> Bool { node.labels[NodeView.balancerExclusionLabel] != nil }
}

extension NodeView {
    /// Keeps a node out of balancers' pools, whatever its value is.
    static let balancerExclusionLabel = "node.kubernetes.io/exclude-from-external-load-balancers"
}
