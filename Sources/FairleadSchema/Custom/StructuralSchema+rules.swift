import FairleadExpressions
package import FairleadModel

/// What the rules of a schema find wrong with a value.
package struct RuleFindings: Sendable {
    package var errors: [FieldError] = []
    /// Of what was so before and has not changed: it may stay, and is only told of.
    package var warnings: [FieldError] = []
}

extension StructuralSchema {
    /// What the rules of a schema find wrong with a value that otherwise fits it.
    ///
    /// - Parameters:
    ///   - old: what the value was before an update. A rule that reads `oldSelf` holds only where there is one, unless it
    ///     says otherwise.
    ///   - limit: what all of it may cost.
    /// Reference: k8s.io/apiextensions-apiserver `pkg/apiserver/schema/cel/validation.go`.
    package func ruleFindings(
        of value: Value, old: Value?, at path: FieldPath, limit: Int = RuleBudget.limit
    ) -> RuleFindings {
        var budget = RuleBudget(limit)
        var findings = RuleFindings()
        find(in: value, old: old, at: path, &budget, &findings)
        return findings
    }

    private func find(
        in value: Value, old: Value?, at path: FieldPath, _ budget: inout RuleBudget, _ findings: inout RuleFindings
    ) {
        // Null is not held against rules.
        if value.isNull { return }
        if !rules.isEmpty { apply(to: value, old: old, at: path, &budget, &findings) }
        switch value {
        case .object(let object):
            for member in object.members where !budget.isClosed {
                let before = old?[member.key]
                if let property = properties[member.key] {
                    guard property.hasRules else { continue }
                    property.find(in: member.value, old: before, at: path.child(member.key), &budget, &findings)
                } else if let element = additional.schema, element.hasRules {
                    element.find(in: member.value, old: before, at: path.key(member.key), &budget, &findings)
                }
            }
        case .array(let list):
            guard let items, items.hasRules else { break }
            let before = previous(old?.array)
            for (index, element) in list.enumerated() where !budget.isClosed {
                items.find(in: element, old: before[keys(of: element)], at: path.index(index), &budget, &findings)
            }
        default: break
        }
    }

    private func apply(
        to value: Value, old: Value?, at path: FieldPath, _ budget: inout RuleBudget, _ findings: inout RuleFindings
    ) {
        // Asked only where something is wrong.
        var isUnchanged: Bool?
        for rule in rules where !budget.isClosed {
            guard let complaint = rule.complaint(about: value, old: old, &budget) else { continue }
            let error = error(rule, complaint, value, path)
            // An error costs what it takes to write.
            if !budget.isClosed, !budget.spend(100 + error.field.utf8.count / 4) { budget.isClosed = true }
            if !rule.usesOld, let old {
                let isSame = isUnchanged ?? budget.finds(value, equalTo: old)
                isUnchanged = isSame
                if isSame {
                    findings.warnings.append(error)
                    continue
                }
            }
            findings.errors.append(error)
        }
    }

    /// The elements of a list as it was, by their keys; of two with the same ones the first.
    private func previous(_ list: [Value]?) -> [[Value?]: Value] {
        guard listType == "map", let list else { return [:] }
        return Dictionary(list.map { (keys(of: $0), $0) }) { first, _ in first }
    }

    private func keys(of element: Value) -> [Value?] {
        listType == "map" ? listMapKeys.map { element[$0] } : []
    }

    private func error(
        _ rule: ValidationRule, _ complaint: ValidationRule.Complaint, _ value: Value, _ path: FieldPath
    ) -> FieldError {
        // A rule that fails is shown with the type of the value, in its own place.
        if complaint.isFailure { return .invalid(path, .string(type), complaint.words) }
        var place = path
        for name in SimplePath(rule.fieldPath)?.names ?? [] {
            place = name.contains(".") ? place.key(name) : place.child(name)
        }
        switch rule.reason {
        case "FieldValueForbidden": return .forbidden(place, complaint.words)
        case "FieldValueRequired": return .required(place, complaint.words)
        case "FieldValueDuplicate":
            // Nothing but the value is told of a duplicate.
            return Self.isShown(value)
                ? .duplicate(place, value)
                : FieldError(.duplicate, field: place.description, printedValue: nil, detail: "")
        default:
            return Self.isShown(value)
                ? .invalid(place, value, complaint.words)
                : FieldError(.invalid, field: place.description, printedValue: nil, detail: complaint.words)
        }
    }

    /// Lists and objects are not printed.
    private static func isShown(_ value: Value) -> Bool {
        switch value {
        case .array, .object: false
        default: true
        }
    }
}
