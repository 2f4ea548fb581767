import FairleadModel

/// The annotations in which Deployments and their ReplicaSets keep revisions and sizes.
enum DeploymentAnnotations {
    static let revision = "deployment.kubernetes.io/revision"
    static let revisionHistory = "deployment.kubernetes.io/revision-history"
    static let desiredReplicas = "deployment.kubernetes.io/desired-replicas"
    static let maxReplicas = "deployment.kubernetes.io/max-replicas"

    /// Annotations of a Deployment that are not copied to its ReplicaSets.
    private static let own: Set<String> = [
        "kubectl.kubernetes.io/last-applied-configuration", revision, revisionHistory, desiredReplicas, maxReplicas,
        "deprecated.deployment.rollback.to",
    ]

    static func revision(of object: Value) -> Int64 { Int64(object.annotations[revision] ?? "") ?? 0 }

    static func number(_ annotation: String, of object: Value) -> Int64? {
        object.annotations[annotation].flatMap { Int64($0) }
    }

    /// Copies the Deployment's annotations, and gives the set this revision unless it has the same or a later one. Its
    /// previous revision is added to its history.
    static func update(_ set: inout Value, from deployment: Value, revision newRevision: Int64) {
        var annotations = set.annotations
        for (key, value) in deployment.annotations where !own.contains(key) { annotations[key] = value }
        let old = annotations[revision]
        if Int64(old ?? "") ?? 0 < newRevision {
            annotations[revision] = String(newRevision)
            if let old, !old.isEmpty {
                let history = annotations[revisionHistory].map { $0.isEmpty ? old : "\($0),\(old)" } ?? old
                annotations[revisionHistory] = history
            }
        }
        write(annotations, to: &set)
    }

    /// Writes the desired size and the maximum during a rollout.
    static func setSizes(_ set: inout Value, desired: Int64, maximum: Int64) {
        var annotations = set.annotations
        annotations[desiredReplicas] = String(desired)
        annotations[maxReplicas] = String(maximum)
        write(annotations, to: &set)
    }

    static func setRevision(_ deployment: inout Value, to revision: String) {
        var annotations = deployment.annotations
        annotations[Self.revision] = revision
        write(annotations, to: &deployment)
    }

    private static func write(_ annotations: [String: String], to object: inout Value) {
        if !annotations.isEmpty { object.set(Value(annotations), at: "metadata", "annotations") }
    }
}
