import FairleadModel

/// A ReplicaSet of a Deployment during one reconcile: as read, and as it should become.
struct OwnedReplicaSet {
    let original: Value?
    var value: Value
    /// Event messages to record when the change has been written.
    var announcements: [String] = []

    init(_ value: Value) {
        original = value
        self.value = value
    }

    /// A set that does not exist yet.
    init(new value: Value) {
        original = nil
        self.value = value
    }

    var name: String { value.name }
    var uid: String { value.uid }
    var isChanged: Bool { original != value }
    var created: String { value.creationTimestamp }
    var size: Int64 {
        get { value.at("spec", "replicas")?.int ?? 1 }
        set { value.set(.int(Int64(Int32(clamping: max(0, newValue)))), at: "spec", "replicas") }
    }
    var isActive: Bool { size > 0 }

    func status(_ field: String) -> Int64 { value.at("status", field)?.int ?? 0 }
    var available: Int64 { status("availableReplicas") }

    /// The template without the hash label that the Deployment added.
    var template: Value { Self.template(of: value) }

    /// The template of a ReplicaSet or Deployment without the hash label, for comparison.
    static func template(of object: Value) -> Value {
        var template = object.at("spec", "template") ?? .object(Object())
        template.set(nil, at: "metadata", "labels", DeploymentReconciler.hashLabel)
        if template.at("metadata", "labels")?.object?.isEmpty == true { template.set(nil, at: "metadata", "labels") }
        return template
    }

    static func isOlder(_ left: OwnedReplicaSet, _ right: OwnedReplicaSet) -> Bool {
        left.created == right.created ? left.name < right.name : left.created < right.created
    }
}
