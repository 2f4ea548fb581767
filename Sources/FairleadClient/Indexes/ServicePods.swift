package import FairleadModel

/// Finds the pods of a Service, and the Services of a pod, at a cost independent of the size of the cluster.
///
/// A Service is indexed by the first pair of its selector, a pod by each of its labels. Either direction takes one
/// index look-up per label, and only the few candidates are compared with the rest of the selector.
package struct ServicePods: Sendable {
    private static let byLabel = "byLabel"
    private static let bySelectorPair = "bySelectorPair"
    private static let byNode = "byNode"

    private let services: Lister
    private let pods: Lister

    /// Adds the indexes to the shared informers.
    package init(services: Informer, pods: Informer) {
        services.addIndex(Self.bySelectorPair) { service in
            guard let selector = service.value.at("spec", "selector")?.object, let pair = selector.members.first,
                let value = pair.value.string
            else { return [] }
            return [Self.key(service.key.namespace, pair.key, value)]
        }
        pods.addIndex(Self.byLabel) { pod in
            guard let labels = pod.value.at("metadata", "labels")?.object else { return [] }
            return labels.members.map { Self.key(pod.key.namespace, $0.key, $0.value.string ?? "") }
        }
        pods.addIndex(Self.byNode) { pod in
            let node = pod.value.text("spec", "nodeName")
            return node.isEmpty ? [] : [node]
        }
        self.services = services.lister
        self.pods = pods.lister
    }

    /// The pods that the Service selects, sorted by name; none if it has no selector.
    package func pods(of service: ServiceView) -> [StoredObject] { pods(of: service, in: service.namespace) }

    /// The pods that the Service would select in another namespace.
    package func pods(of service: ServiceView, in namespace: String) -> [StoredObject] {
        guard let selector = service.value.at("spec", "selector")?.object else { return [] }
        return candidates(of: service, in: namespace)
            .filter { Self.matches(selector, $0) }
            .sorted { $0.key.name < $1.key.name }
    }

    /// The pods with the first pair of the selector.
    private func candidates(of service: ServiceView, in namespace: String) -> [StoredObject] {
        guard let pair = service.value.at("spec", "selector")?.object?.members.first, let value = pair.value.string
        else { return [] }
        return pods.indexed(Self.byLabel, Self.key(namespace, pair.key, value))
    }

    /// About how many pods there are to look at for the Service.
    package func size(of service: ObjectName) -> Int {
        services.get(service).map { candidates(of: ServiceView($0), in: service.namespace).count } ?? 0
    }

    /// The Services that select the pod.
    package func services(of pod: StoredObject) -> [ObjectName] {
        guard let labels = pod.value.at("metadata", "labels")?.object else { return [] }
        var names: [ObjectName] = []
        for label in labels.members {
            let key = Self.key(pod.key.namespace, label.key, label.value.string ?? "")
            for service in services.indexed(Self.bySelectorPair, key) {
                if let selector = service.value.at("spec", "selector")?.object, Self.matches(selector, pod) {
                    names.append(service.objectName)
                }
            }
        }
        return names
    }

    package func pods(onNode node: String) -> [StoredObject] { pods.indexed(Self.byNode, node) }

    /// The Services whose endpoints may be affected by this change of a pod. Only deletion, readiness, addresses, node,
    /// labels and host name matter: a change of the phase alone does not (as in Kubernetes, it is noticed at the next
    /// sync).
    package func services(affectedBy change: ObjectChange) -> [ObjectName] {
        guard let old = change.old, let new = change.new else { return change.latest.map(services(of:)) ?? [] }
        let labelsDiffer = old.value.at("metadata", "labels") != new.value.at("metadata", "labels")
        guard labelsDiffer || Self.endpointDiffers(PodView(old), PodView(new)) else { return [] }
        let now = services(of: new)
        return labelsDiffer ? now + services(of: old) : now
    }

    private static func endpointDiffers(_ old: PodView, _ new: PodView) -> Bool {
        old.deletionTimestamp != new.deletionTimestamp || old.isReady != new.isReady || old.podIPs != new.podIPs
            || old.nodeName != new.nodeName || old.hostname != new.hostname || old.subdomain != new.subdomain
            || old.uid != new.uid
    }

    private static func matches(_ selector: Object, _ pod: StoredObject) -> Bool {
        guard let labels = pod.value.at("metadata", "labels")?.object else { return false }
        return selector.members.allSatisfy { labels[$0.key] == $0.value }
    }

    private static func key(_ namespace: String, _ label: String, _ value: String) -> String {
        "\(namespace)/\(label)=\(value)"
    }
}
