package import FairleadClient
package import FairleadModel

/// Pods by the node they are bound to.
package enum NodeIndex {
    private static let name = "nodeName"

    package static func install(on pods: Informer) {
        pods.addIndex(name) { [$0.value.text("spec", "nodeName")] }
    }

    /// - Parameter node: empty for unscheduled pods.
    package static func pods(on node: String, in lister: Lister) -> [StoredObject] { lister.indexed(name, node) }
}
