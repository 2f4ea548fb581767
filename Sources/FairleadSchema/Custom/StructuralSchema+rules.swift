import FairleadExpressions
package import FairleadModel

/// The rule violations of a value.
package struct RuleFindings: Sendable {
    package var errors: [FieldError] = []
    /// Violations that already existed and whose values have not changed: they are tolerated, and only reported.
    package var warnings: [FieldError] = []
}

extension StructuralSchema {
    /// The rule violations of a value that otherwise fits the schema.
    ///
    /// - Parameters:
    ///   - old: the value before an update. A rule that uses `oldSelf` applies only if there is one, unless it says
    ///     otherwise.
    ///   - limit: the total cost allowed.
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
        // Rules are not evaluated on null.
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
        // Computed only if there is a violation.
        var isUnchanged: Bool?
        for rule in rules where !budget.isClosed {
            guard let complaint = rule.complaint(about: value, old: old, &budget) else { continue }
            let error = error(rule, complaint, value, path)
            // Reporting an error is charged, too.
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

    /// The elements of a list before the update, by their keys; if two have the same keys, the first.
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
        // A rule whose evaluation fails is reported with the value's type, at its own path.
        if complaint.isFailure { return .invalid(path, .string(type), complaint.words) }
        var place = path
        for name in SimplePath(rule.fieldPath)?.names ?? [] {
            place = name.contains(".") ? place.key(name) : place.child(name)
        }
        switch rule.reason {
        case "FieldValueForbidden": return .forbidden(place, complaint.words)
        case "FieldValueRequired": return .required(place, complaint.words)
        case "FieldValueDuplicate":
            // For a duplicate, only the value is reported.
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
