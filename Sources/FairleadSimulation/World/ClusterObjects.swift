import FairleadClient
import FairleadModel

/// The objects that the containers of a pod are made from: what a kubelet asks the API server for.
protocol ClusterObjects: Sendable {
    func configMap(namespace: String, name: String) -> Value?
    func secret(namespace: String, name: String) -> Value?
    func claim(namespace: String, name: String) -> Value?
    func node(_ name: String) -> Value?
    func pod(namespace: String, name: String) -> Value?
    func services(in namespace: String) -> [Value]
}

/// The same, from informers.
struct InformedObjects: ClusterObjects {
    let configMaps: Lister
    let secrets: Lister
    let claims: Lister
    let nodes: Lister
    let pods: Lister
    let services: Lister

    func configMap(namespace: String, name: String) -> Value? {
        configMaps.get(namespace: namespace, name: name)?.value
    }
    func secret(namespace: String, name: String) -> Value? { secrets.get(namespace: namespace, name: name)?.value }
    func claim(namespace: String, name: String) -> Value? { claims.get(namespace: namespace, name: name)?.value }
    func node(_ name: String) -> Value? { nodes.get(namespace: "", name: name)?.value }
    func pod(namespace: String, name: String) -> Value? { pods.get(namespace: namespace, name: name)?.value }
    func services(in namespace: String) -> [Value] { services.list(namespace: namespace).map(\.value) }
}
