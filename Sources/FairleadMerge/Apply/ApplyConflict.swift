import FairleadModel

/// The fields of one other manager that an apply would change.
struct ApplyConflict {
    let owner: FieldOwner
    let fields: FieldSet

    /// The fields of `taken` that other managers own, by manager, except those in `allowed`.
    static func all(
        _ taken: FieldSet, in managed: ManagedFields, except owner: FieldOwner, allowed: FieldSet
    ) -> [ApplyConflict] {
        let others = managed.entries.filter { $0.owner != owner }.sorted { left, right in
            (left.owner.manager, left.owner.operation.rawValue, left.owner.apiVersion, left.owner.subresource)
                < (right.owner.manager, right.owner.operation.rawValue, right.owner.apiVersion, right.owner.subresource)
        }
        return others.compactMap { entry in
            let fields = entry.set.intersection(taken).subtracting(allowed)
            return fields.isEmpty ? nil : ApplyConflict(owner: entry.owner, fields: fields)
        }
    }

    /// 409 with a cause for each field, up to the maximum size of an answer.
    static func status(_ conflicts: [ApplyConflict]) -> APIStatus {
        let count = conflicts.reduce(0) { $0 + $1.fields.memberCount }
        var causes: [APIStatus.Cause] = []
        var lines: [String] = []
        var size = 0
        for conflict in conflicts where size <= APIStatus.maximumErrorText {
            let owner = conflict.ownerText
            lines.append("conflicts with \(owner):")
            conflict.fields.forEachPath { path in
                let text = path.map(\.description).joined()
                causes.append(.init(reason: "FieldManagerConflict", message: "conflict with \(owner)", field: text))
                lines.append("- " + text)
                size += owner.utf8.count + text.utf8.count
                return size <= APIStatus.maximumErrorText
            }
        }
        var message = "Apply failed with \(count) conflicts: " + lines.joined(separator: "\n")
        if count == 1, let cause = causes.first {
            message = "Apply failed with 1 conflict: \(cause.message): \(cause.field)"
        }
        return APIStatus(code: 409, reason: "Conflict", message: message, details: .init(causes: causes))
    }

    private var ownerText: String {
        var text = owner.manager.goQuoted
        if !owner.subresource.isEmpty { text += " with subresource \(owner.subresource.goQuoted)" }
        if owner.operation == .update { text += " using \(owner.apiVersion)" }
        return text
    }
}
