import FairleadModel

/// ReplicaSets, or ReplicationControllers, which are the same under another name.
struct PodSetKind: Sendable {
    static let replicaSet = PodSetKind(
        resource: .replicaSets, name: "ReplicaSet", apiVersion: "apps/v1", countsTerminating: true)
    static let replicationController = PodSetKind(
        resource: .replicationControllers, name: "ReplicationController", apiVersion: "v1", countsTerminating: false)

    let resource: GroupVersionResource
    let name: String
    let apiVersion: String
    /// Whether the status says how many pods are on their way out.
    let countsTerminating: Bool
}
