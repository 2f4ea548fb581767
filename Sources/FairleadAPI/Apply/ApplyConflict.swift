import FairleadModel

/// A field that an application would change although another manager owns it.
struct ApplyConflict {
    let owner: FieldOwner
    let path: [PathElement]

    /// Every path of `taken` that somebody else owns, by managers.
    static func all(_ taken: FieldSet, in managed: ManagedFields, except owner: FieldOwner) -> [ApplyConflict] {
        let others = managed.entries.filter { $0.owner != owner }.sorted { left, right in
            (left.owner.manager, left.owner.operation.rawValue, left.owner.apiVersion, left.owner.subresource)
                < (right.owner.manager, right.owner.operation.rawValue, right.owner.apiVersion, right.owner.subresource)
        }
        return others.flatMap { entry in
            entry.set.intersection(taken).paths.map { ApplyConflict(owner: entry.owner, path: $0) }
        }
    }

    /// 409 with a cause for each conflict.
    static func status(_ conflicts: [ApplyConflict]) -> APIStatus {
        let causes = conflicts.map {
            APIStatus.Cause(
                reason: "FieldManagerConflict", message: "conflict with \($0.ownerText)", field: $0.pathText)
        }
        return APIStatus(
            code: 409, reason: "Conflict", message: message(conflicts), details: .init(causes: causes))
    }

    private static func message(_ conflicts: [ApplyConflict]) -> String {
        if conflicts.count == 1 {
            return "Apply failed with 1 conflict: conflict with \(conflicts[0].ownerText): \(conflicts[0].pathText)"
        }
        var lines: [String] = []
        var current: FieldOwner?
        for conflict in conflicts {
            if conflict.owner != current { lines.append("conflicts with \(conflict.ownerText):") }
            current = conflict.owner
            lines.append("- " + conflict.pathText)
        }
        return "Apply failed with \(conflicts.count) conflicts: " + lines.joined(separator: "\n")
    }

    private var pathText: String { path.map(\.description).joined() }

    private var ownerText: String {
        var text = owner.manager.goQuoted
        if !owner.subresource.isEmpty { text += " with subresource \(owner.subresource.goQuoted)" }
        if owner.operation == .update { text += " using \(owner.apiVersion)" }
        return text
    }
}
