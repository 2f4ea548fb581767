import FairleadModel
import FairleadStorage

/// The Lease by which replicas agree who leads, with client-go's fields (k8s.io/client-go `tools/leaderelection`), so
/// that `kubectl get lease -n kube-system` shows it.
///
/// Beside it there is an object that is never served and is written only when somebody takes the lease: its revision
/// stands for one term, and whoever acts for the leader has it as a condition (`StoreFence`).
struct LeaderLease: Sendable {
    static let key = ObjectKey(GroupVersionResource.leases.groupResource, namespace: "kube-system", name: "fairlead")
    static let termKey = ObjectKey(
        GroupResource(group: "fairlead.internal", resource: "terms"), namespace: "", name: "fairlead")

    /// The Lease as it is; nil if there is none.
    var object: Value?

    var holder: String { object?.text("spec", "holderIdentity") ?? "" }

    /// How long the holder may be silent. What somebody else has written there counts only as far as it makes sense.
    var duration: Duration {
        let written = object?.at("spec", "leaseDurationSeconds")?.int ?? 0
        return Duration(secondsComponent: Int64(min(max(written, 1), 60)), attosecondsComponent: 0)
    }

    /// The Lease after `identity` has taken it.
    func taken(by identity: String, for duration: Duration, _ environment: Environment) -> Value {
        let now = environment.now()
        let transitions = object?.at("spec", "leaseTransitions")?.int ?? -1
        var lease =
            object ?? [
                "kind": "Lease", "apiVersion": "coordination.k8s.io/v1",
                "metadata": [
                    "name": .string(Self.key.name), "namespace": .string(Self.key.namespace),
                    "uid": .string(environment.newUID()), "creationTimestamp": .string(now.rfc3339),
                ],
            ]
        lease["spec"] = [
            "holderIdentity": .string(identity), "leaseDurationSeconds": .int(Int64(duration.components.seconds)),
            "acquireTime": .string(now.rfc3339Micro), "renewTime": .string(now.rfc3339Micro),
            "leaseTransitions": .int(Int64(transitions) +| 1),
        ]
        return lease
    }

    /// The Lease after its holder has renewed it.
    func renewed(at time: Timestamp) -> Value? {
        var lease = object
        lease?.set(.string(time.rfc3339Micro), at: "spec", "renewTime")
        return lease
    }

    /// The Lease after its holder has given it up: anybody may take it at once.
    func released(at time: Timestamp) -> Value? {
        var lease = renewed(at: time)
        lease?.set("", at: "spec", "holderIdentity")
        lease?.set(.int(1), at: "spec", "leaseDurationSeconds")
        return lease
    }

    static func term(of identity: String) -> Value {
        [
            "kind": "Term", "apiVersion": "fairlead.internal/v1", "metadata": ["name": .string(termKey.name)],
            "spec": ["holderIdentity": .string(identity)],
        ]
    }
}
