package import FairleadModel

/// The pods that garbage collection may be about. Most are about nothing: they are not looked at, and their trees may
/// be given up.
package enum PodGCIndex {
    private static let name = "podGC"
    private static let finished = "finished"
    private static let unbound = "unbound"
    private static let onNode = "node/"

    package static func install(on pods: Informer) {
        pods.addIndex(name) { pod in
            let view = PodView(pod.value)
            var keys = view.isFinished && !view.isTerminating ? [finished] : []
            if !view.nodeName.isEmpty {
                keys.append(onNode + view.nodeName)
            } else if view.isTerminating {
                keys.append(unbound)
            }
            return keys
        }
    }

    /// Those that are bound to none of the nodes, that will never be bound, or that have finished; each once.
    /// - Parameter finishedLimit: if no more than these have finished, they are left out.
    package static func candidates(in pods: Lister, nodes: Set<String>, finishedLimit: Int) -> [Value] {
        let isCrowded = pods.indexed(name, finished).count > finishedLimit
        var found: [ObjectKey: StoredObject] = [:]
        for key in pods.keys(of: name)
        where key.hasPrefix(onNode)
            ? !nodes.contains(String(key.dropFirst(onNode.count))) : key != finished || isCrowded
        {
            for pod in pods.indexed(name, key) { found[pod.key] = pod }
        }
        return found.values.map(\.value)
    }
}
