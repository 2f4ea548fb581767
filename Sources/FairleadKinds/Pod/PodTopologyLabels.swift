package import FairleadModel
package import FairleadStorage

/// The admission plugin PodTopologyLabels: a pod carries the topology labels of its node.
///
/// Reference: k8s.io/kubernetes `plugin/pkg/admission/podtopologylabels`.
package enum PodTopologyLabels {
    private static let labels = ["topology.kubernetes.io/region", "topology.kubernetes.io/zone"]

    /// Copies the node's labels over those of a pod, or of a binding, which passes them on to its pod. A node that does
    /// not exist has none.
    package static func copy(from node: String, to object: inout Value, _ snapshot: Snapshot) {
        if node.isEmpty { return }
        let key = ObjectKey(GroupVersionResource.nodes.groupResource, namespace: "", name: node)
        guard let node = snapshot.object(key)?.value else { return }
        for label in labels {
            if let value = node.at("metadata", "labels", label) { object.set(value, at: "metadata", "labels", label) }
        }
    }

    /// The same for a binding, if its target is a node.
    package static func copy(toBinding binding: inout Value, _ snapshot: Snapshot) {
        guard binding.at("target", "kind") == "Node" else { return }
        copy(from: binding.at("target", "name")?.string ?? "", to: &binding, snapshot)
    }
}
