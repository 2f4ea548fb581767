import FairleadModel

/// Which kind a set of equal pods is of.
struct PodSetKind: Sendable {
    let resource: GroupVersionResource
    let name: String
    /// Whether the status says how many pods are on their way out.
    let countsTerminating: Bool

    var apiVersion: String { resource.apiVersion }

    static let replicaSet = PodSetKind(resource: .replicaSets, name: "ReplicaSet", countsTerminating: true)
    static let replicationController = PodSetKind(
        resource: .replicationControllers, name: "ReplicationController", countsTerminating: false)
}
