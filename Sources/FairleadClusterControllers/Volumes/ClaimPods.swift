import FairleadClient
import FairleadModel

/// Finds the pods that use a claim, with a single index lookup.
struct ClaimPods: Sendable {
    private static let byClaim = "usersByClaim"
    let lister: Lister

    /// Adds the index to the shared informer.
    init(_ pods: Informer) {
        pods.addIndex(Self.byClaim) { pod in Self.claims(of: pod).map(\.description) }
        lister = pods.lister
    }

    /// The claims that the pod's volumes name, including those created for its ephemeral volumes.
    static func claims(of pod: StoredObject) -> [ObjectName] {
        pod.value.items("spec", "volumes").compactMap { volume in
            if let name = volume.at("persistentVolumeClaim", "claimName")?.string {
                return ObjectName(namespace: pod.key.namespace, name: name)
            }
            guard volume["ephemeral"] != nil else { return nil }
            return ObjectName(namespace: pod.key.namespace, name: "\(pod.key.name)-\(volume.text("name"))")
        }
    }

    func pods(using claim: ObjectName) -> [StoredObject] {
        lister.indexed(Self.byClaim, claim.description).sorted { $0.key.name < $1.key.name }
    }
}
