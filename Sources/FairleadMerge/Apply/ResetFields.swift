import FairleadModel
import FairleadSchema

/// The fields that a write may send but not own: those that nobody ever owns, and those that the kind's strategy
/// resets.
///
/// Reference: k8s.io/apimachinery `managedfields/internal/stripmeta.go`; GetResetFields of the kinds' strategies.
struct ResetFields {
    private var top: [String] = []
    private var metadata: [String] = []
    /// If not empty, only these fields and everything below them may be set. `*` stands for any item of a list.
    private var only: [[String]] = []

    /// Only the fields that nobody owns.
    init() {}

    /// - Parameters:
    ///   - subresource: nil for the object itself.
    ///   - metadata: metadata fields that a writer of the status does not own either.
    init(_ type: TypeSchema, subresource: String?, metadata: [String]) {
        if type.kind == "Pod", let settable = subresource.flatMap({ Self.settableOfPods[$0] }) {
            only = settable
            return
        }
        if let custom = type.custom {
            if !custom.hasStatus { return }
        } else if type.field("status") == nil {
            return
        }
        guard subresource == "status" else {
            if subresource != "scale" { top = ["status"] }
            return
        }
        top = ["spec"]
        self.metadata = metadata
    }

    private static let settableOfPods: [String: [[String]]] = [
        "ephemeralcontainers": [["spec", "ephemeralContainers"]],
        "resize": [
            ["spec", "containers", "*", "resizePolicy"], ["spec", "containers", "*", "resources"],
            ["spec", "initContainers", "*", "resizePolicy"], ["spec", "initContainers", "*", "resources"],
            ["spec", "resources"],
        ],
    ]

    func leavesOut(_ name: String) -> Bool { name == "apiVersion" || name == "kind" || top.contains(name) }

    func leavesOutOfMetadata(_ name: String) -> Bool { Self.unowned.contains(name) || metadata.contains(name) }

    private static let unowned: Set<String> = [
        "name", "namespace", "creationTimestamp", "selfLink", "uid", "clusterName", "generation", "managedFields",
        "resourceVersion",
    ]

    /// The part of a set that a manager may own.
    func ownable(_ set: FieldSet) -> FieldSet {
        var result = FieldSet()
        for entry in set.entries {
            guard case .field(let name) = entry.element, !leavesOut(name) else { continue }
            guard name == "metadata" else {
                result.append(entry)
                continue
            }
            let kept = entry.children.entries.filter {
                if case .field(let name) = $0.element { !leavesOutOfMetadata(name) } else { false }
            }
            if !kept.isEmpty {
                result.append(FieldSet.Entry(entry.element, isMember: false, children: FieldSet(sorted: kept)))
            }
        }
        return narrowed(result)
    }

    /// The part of a set that `only` covers.
    func narrowed(_ set: FieldSet) -> FieldSet { only.isEmpty ? set : Self.part(of: set, below: only.map { $0[...] }) }

    private static func part(of set: FieldSet, below paths: [ArraySlice<String>]) -> FieldSet {
        var result = FieldSet()
        for entry in set.entries {
            let rest = paths.filter { path in
                switch (path.first, entry.element) {
                case ("*", .key), ("*", .value), ("*", .index): true
                case (let wanted?, .field(let name)): wanted == name
                default: false
                }
            }.map { $0.dropFirst() }
            if rest.contains(where: \.isEmpty) {
                result.append(entry)
                continue
            }
            let children = part(of: entry.children, below: rest)
            if !children.isEmpty {
                result.append(FieldSet.Entry(entry.element, isMember: false, children: children))
            }
        }
        return result
    }
}
