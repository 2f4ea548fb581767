import FairleadModel

/// The kind of a set of identical pods.
struct PodSetKind: Sendable {
    let resource: GroupVersionResource
    let name: String
    /// Whether the status counts terminating pods.
    let countsTerminating: Bool

    var apiVersion: String { resource.apiVersion }

    static let replicaSet = PodSetKind(resource: .replicaSets, name: "ReplicaSet", countsTerminating: true)
    static let replicationController = PodSetKind(
        resource: .replicationControllers, name: "ReplicationController", countsTerminating: false)
}
