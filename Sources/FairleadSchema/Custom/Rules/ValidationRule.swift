package import FairleadModel

/// One `x-kubernetes-validations` rule.
package struct ValidationRule: Sendable {
    let text: String
    let message: String
    let reason: String
    let fieldPath: String
    private let expression: RuleExpression?
    private let messageExpression: RuleExpression?
    /// Whether it compares with what was, and so holds for updates only.
    let isTransition: Bool

    /// Whether this server can evaluate it; others are kept and pass.
    package var isEvaluated: Bool { expression != nil }

    /// What a compiler says about an expression that is too large to be one; nil for all others.
    package static func refusal(of text: String) -> String? {
        do throws(RuleError) {
            _ = try RuleParser.parse(text)
            return nil
        } catch {
            guard error.kind == .tooLarge else { return nil }
            return "compilation failed: ERROR: <input>:-1:0: " + error.message
        }
    }

    package init(_ source: Value) {
        text = source["rule"]?.string ?? ""
        message = source["message"]?.string ?? ""
        reason = source["reason"]?.string ?? ""
        fieldPath = source["fieldPath"]?.string ?? ""
        let parsed = source["optionalOldSelf"]?.bool == true ? nil : try? RuleParser.parse(text)
        expression = parsed
        isTransition = parsed?.reads("oldSelf") ?? false
        messageExpression = source["messageExpression"]?.string.flatMap { try? RuleParser.parse($0) }
    }

    /// What is wrong; nil if nothing is.
    func complaint(about value: Value, old: Value?, _ budget: inout RuleBudget) -> String? {
        guard let expression else { return nil }
        var names: [String: Value] = ["self": value]
        if isTransition {
            guard let old else { return nil }
            names["oldSelf"] = old
        }
        guard budget.remaining > 0 else { return Self.outOfBudget(&budget) }
        var evaluation = RuleEvaluation(names)
        let result = Result { () throws(RuleError) in try evaluation.evaluate(expression) }
        guard budget.spend(evaluation.cost.spent) else { return Self.outOfBudget(&budget) }
        switch result {
        case .success(let value): return value == true ? nil : words(names, &budget)
        case .failure(let error):
            if error.kind == .tooExpensive {
                budget.isClosed = true
                return
                    "'\(error.message)': no further validation rules will be run due to call cost exceeds limit for rule: \(text)"
            }
            if error == .noOverload {
                return
                    "'\(error.message)': call arguments did not match a supported operator, function or macro signature for rule: \(text)"
            }
            return "\(error.message) evaluating rule: \(text)"
        }
    }

    private static func outOfBudget(_ budget: inout RuleBudget) -> String {
        budget.isClosed = true
        return "validation failed due to running out of cost budget, no further validation rules will be run"
    }

    /// The longest text that a message expression may make.
    private static let maximumMessage = 5 * 1024

    private func words(_ names: [String: Value], _ budget: inout RuleBudget) -> String {
        if let messageExpression {
            var evaluation = RuleEvaluation(names, limit: min(RuleCost.limit, budget.remaining))
            // Kubernetes takes the other message where this one cannot be made.
            let made = try? evaluation.evaluate(messageExpression)
            _ = budget.spend(evaluation.cost.spent)
            if case .string(let text)? = made, text.utf8.count <= Self.maximumMessage, !text.contains("\n") {
                let spaces: Set<Character> = [" ", "\t"]
                if !text.allSatisfy({ spaces.contains($0) }) { return text }
            }
        }
        if !message.isEmpty { return message }
        let rule = String(text.drop { $0 == " " || $0 == "\n" })
        return "failed rule: " + rule
    }
}

extension StructuralSchema {
    /// What the rules of a schema find wrong with a value that otherwise fits it.
    ///
    /// - Parameters:
    ///   - old: what the value was before an update. A rule that reads `oldSelf` holds only where there is one; any other
    ///     is not held against what has not changed.
    ///   - limit: what all of it may cost.
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
                    // An error costs what it takes to write.
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

    /// The elements of a list as it was, by their keys; of two with the same ones the first.
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
