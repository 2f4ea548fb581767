import FairleadModel

/// The ControllerRevisions of a StatefulSet or DaemonSet: every template it has had, numbered.
///
/// Reference: Kubernetes API reference, ControllerRevision; "kubectl rollout history".
struct RevisionHistory {
    enum Change: Hashable {
        case create(Value)
        /// An old template is wanted again: its revision gets the next number.
        case renumber(Value)
    }

    let owner: Value
    let kind: String
    /// The label that carries the hash.
    let hashLabel: String
    /// Oldest first.
    let revisions: [Value]

    init(owner: Value, kind: String, hashLabel: String, revisions: [Value]) {
        self.owner = owner
        self.kind = kind
        self.hashLabel = hashLabel
        self.revisions = revisions.sorted { Self.number(of: $0) < Self.number(of: $1) }
    }

    static func number(of revision: Value) -> Int64 { revision["revision"]?.int ?? 0 }

    /// What a revision records: a patch that puts the template back.
    private var data: Value {
        var template = owner.at("spec", "template") ?? .object(Object())
        template["$patch"] = "replace"
        return ["spec": ["template": template]]
    }

    /// The revision of the present template, and what must be written for it to be the latest.
    func current() -> (revision: Value, change: Change?) {
        let next = (revisions.last.map(Self.number) ?? 0) +| 1
        if var equal = revisions.last(where: { $0["data"] == data }) {
            if Self.number(of: equal) == next -| 1 { return (equal, nil) }
            equal["revision"] = .int(next)
            return (equal, .renumber(equal))
        }
        let hash = TemplateHash.compute(
            owner.at("spec", "template") ?? .object(Object()),
            collisionCount: owner.at("status", "collisionCount")?.int ?? 0)
        var labels = owner.at("spec", "template", "metadata", "labels")?.stringMap ?? [:]
        labels[hashLabel] = hash
        let reference = OwnershipPatch.reference(to: owner, kind: kind, apiVersion: "apps/v1")
        let revision: Value = [
            "apiVersion": "apps/v1", "kind": "ControllerRevision",
            "metadata": [
                "name": .string("\(owner.name)-\(hash)"), "namespace": .string(owner.namespace),
                "labels": Value(labels), "ownerReferences": [reference.value],
            ],
            "data": data, "revision": .int(next),
        ]
        return (revision, .create(revision))
    }

    /// The template that a revision recorded.
    static func template(of revision: Value) -> Value? {
        var template = revision.at("data", "spec", "template")
        template?["$patch"] = nil
        return template
    }

    /// The oldest revisions beyond `revisionHistoryLimit` that no pod uses.
    func surplus(inUse: Set<String>) -> [Value] {
        let limit = Int(owner.at("spec", "revisionHistoryLimit")?.int ?? 10)
        let unused = revisions.filter { !inUse.contains($0.name) }
        return Array(unused.prefix(max(0, unused.count -| limit)))
    }
}
