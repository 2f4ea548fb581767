import FairleadModel

/// The ControllerRevisions of a StatefulSet or DaemonSet: every template it has had, numbered.
///
/// Names, labels and data are those that Kubernetes' controllers would write.
/// Reference: Kubernetes API reference, ControllerRevision; k8s.io/kubernetes `pkg/controller/history`.
struct RevisionHistory {
    enum Change: Hashable {
        case create(Value)
        /// An old template is wanted again: its revision gets the next number.
        case renumber(Value)
    }

    /// What the two kinds do differently.
    enum Style {
        /// The hash is over the data, as JSON.
        case statefulSet
        /// The hash is over the template, as for a Deployment.
        case daemonSet

        var kind: String {
            switch self {
            case .statefulSet: "StatefulSet"
            case .daemonSet: "DaemonSet"
            }
        }

        /// The label that carries the hash.
        var hashLabel: String {
            switch self {
            case .statefulSet: "controller.kubernetes.io/hash"
            case .daemonSet: "controller-revision-hash"
            }
        }
    }

    let owner: Value
    let style: Style
    /// Oldest first.
    let revisions: [Value]

    init(owner: Value, style: Style, revisions: [Value]) {
        self.owner = owner
        self.style = style
        self.revisions = revisions.sorted { Self.order(of: $0) < Self.order(of: $1) }
    }

    static func number(of revision: Value) -> Int64 { revision["revision"]?.int ?? 0 }

    private static func order(of revision: Value) -> (Int64, String, String) {
        (number(of: revision), revision.creationTimestamp, revision.name)
    }

    private var template: Value { owner.at("spec", "template") ?? .object(Object()) }
    /// The number of name collisions; absent if they have never been counted.
    var collisionCount: Int64? { owner.at("status", "collisionCount")?.int }

    /// What a revision records: a patch that restores the template.
    private var data: Value {
        var template = template.goDecoded
        template["$patch"] = "replace"
        return ["spec": ["template": template]]
    }

    /// The revision of the present template, and what must be written for it to be the latest.
    func current() -> (revision: Value, change: Change?) {
        let next = (revisions.last.map(Self.number) ?? 0) +| 1
        let data = data
        if var equal = revisions.last(where: { $0["data"] == data }) {
            if Self.number(of: equal) == next -| 1 { return (equal, nil) }
            equal["revision"] = .int(next)
            return (equal, .renumber(equal))
        }
        let hash = hash(of: data, collisionCount: collisionCount)
        var labels = template.at("metadata", "labels")?.stringMap ?? [:]
        labels[style.hashLabel] = hash
        let reference = OwnershipPatch.reference(to: owner, kind: style.kind, apiVersion: "apps/v1")
        var revision: Value = [
            "apiVersion": "apps/v1", "kind": "ControllerRevision",
            "metadata": [
                "name": .string(name(hash: hash)), "namespace": .string(owner.namespace),
                "labels": Value(labels), "ownerReferences": [reference.value],
            ],
            "data": data, "revision": .int(next),
        ]
        revision.annotations = owner.annotations
        return (revision, .create(revision))
    }

    /// The name of the revision after this number of collisions.
    func name(of revision: Value, collisionCount: Int64) -> String {
        name(hash: hash(of: revision["data"] ?? .null, collisionCount: collisionCount))
    }

    private func hash(of data: Value, collisionCount: Int64?) -> String {
        switch style {
        case .daemonSet: TemplateHash.compute(template, collisionCount: collisionCount)
        case .statefulSet: NameHash.text(of: NameHash.fnv1(data.goJSONBytes + Array(String(collisionCount ?? 0).utf8)))
        }
    }

    private func name(hash: String) -> String {
        // The API server limits names to 253 bytes. Kubernetes cuts those of StatefulSets only.
        let owner = style == .statefulSet ? String(decoding: owner.name.utf8.prefix(223), as: UTF8.self) : owner.name
        return "\(owner)-\(hash)"
    }

    /// The template that a revision recorded.
    static func template(of revision: Value) -> Value? {
        var template = revision.at("data", "spec", "template")
        template?["$patch"] = nil
        return template
    }

    /// The oldest revisions beyond `revisionHistoryLimit`, except those in use, which do not count for StatefulSets.
    func surplus(inUse: Set<String>, current: String) -> [Value] {
        let limit = owner.at("spec", "revisionHistoryLimit")?.int ?? 10
        let unused = revisions.filter { $0.name != current && !inUse.contains($0.name) }
        let counted = style == .statefulSet ? unused.count : revisions.count { $0.name != current }
        // A negative limit keeps all of them.
        return limit < 0 ? [] : Array(unused.prefix(max(0, counted -| Int(clamping: limit))))
    }
}
