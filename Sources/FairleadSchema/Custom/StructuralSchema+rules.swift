import FairleadExpressions
package import FairleadModel

extension StructuralSchema {
    /// The errors that the schema's rules find in a value that otherwise fits it.
    ///
    /// - Parameters:
    ///   - old: the value before an update. A rule that reads `oldSelf` is only evaluated if there is one; other rules
    ///     are not evaluated for values that have not changed.
    ///   - limit: the maximum cost of all rules together.
    package func ruleErrors(
        of value: Value, old: Value?, at path: FieldPath, limit: Int = RuleBudget.limit
    ) -> [FieldError] {
        var budget = RuleBudget(limit)
        var errors: [FieldError] = []
        findRuleErrors(of: value, old: old, at: path, &budget, &errors)
        return errors
    }

    private func findRuleErrors(
        of value: Value, old: Value?, at path: FieldPath, _ budget: inout RuleBudget, _ errors: inout [FieldError]
    ) {
        if !rules.isEmpty {
            let hasChanged = old.map { !budget.finds(value, equalTo: $0) } ?? true
            for rule in rules where !budget.isClosed && (rule.isTransition || hasChanged) {
                if let words = rule.complaint(about: value, old: old, &budget) {
                    let error = error(rule, words, path)
                    // An error costs as much as it takes to write.
                    if !budget.isClosed, !budget.spend(100 + error.field.utf8.count / 4) { budget.isClosed = true }
                    errors.append(error)
                }
            }
        }
        switch value {
        case .object(let object):
            for member in object.members where !budget.isClosed {
                let before = old?[member.key]
                if let property = properties[member.key] {
                    guard property.hasRules else { continue }
                    property.findRuleErrors(
                        of: member.value, old: before, at: path.child(member.key), &budget, &errors)
                } else if let element = additional.schema, element.hasRules {
                    element.findRuleErrors(of: member.value, old: before, at: path.key(member.key), &budget, &errors)
                }
            }
        case .array(let list):
            guard let items, items.hasRules else { break }
            let before = previous(old?.array)
            for (index, element) in list.enumerated() where !budget.isClosed {
                items.findRuleErrors(
                    of: element, old: before[keys(of: element)], at: path.index(index), &budget, &errors)
            }
        default: break
        }
    }

    /// The elements of a list before an update, by their keys; of two with the same keys, the first.
    private func previous(_ list: [Value]?) -> [[Value?]: Value] {
        guard listType == "map", let list else { return [:] }
        return Dictionary(list.map { (keys(of: $0), $0) }) { first, _ in first }
    }

    private func keys(of element: Value) -> [Value?] {
        listType == "map" ? listMapKeys.map { element[$0] } : []
    }

    private func error(_ rule: ValidationRule, _ words: String, _ path: FieldPath) -> FieldError {
        var place = path
        for name in SimplePath(rule.fieldPath)?.names ?? [] { place = place.child(name) }
        switch rule.reason {
        case "FieldValueForbidden": return .forbidden(place, words)
        case "FieldValueRequired": return .required(place, words)
        case "FieldValueDuplicate": return .duplicate(place, .string(type))
        default: return .invalid(place, .string(type), words)
        }
    }
}
