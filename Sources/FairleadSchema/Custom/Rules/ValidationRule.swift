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
    func complaint(about value: Value, old: Value?) -> String? {
        guard let expression else { return nil }
        var names: [String: Value] = ["self": value]
        if isTransition {
            guard let old else { return nil }
            names["oldSelf"] = old
        }
        var evaluation = RuleEvaluation(names)
        do throws(RuleError) {
            let result = try evaluation.evaluate(expression)
            return result == true ? nil : words(names)
        } catch {
            if error == .noOverload {
                return
                    "'\(error.message)': call arguments did not match a supported operator, function or macro signature for rule: \(text)"
            }
            return "\(error.message) evaluating rule: \(text)"
        }
    }

    private func words(_ names: [String: Value]) -> String {
        if let messageExpression {
            var evaluation = RuleEvaluation(names)
            if case .string(let text)? = try? evaluation.evaluate(messageExpression), !text.contains("\n") {
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
    /// Whether there is a rule here or below that is evaluated.
    package var hasRules: Bool {
        rules.contains(where: \.isEvaluated) || properties.values.contains(where: \.hasRules)
            || items?.hasRules == true || additional.schema?.hasRules == true
    }

    /// What the rules of a schema find wrong with a value that otherwise fits it.
    ///
    /// - Parameter old: what the value was before an update. A rule that reads `oldSelf` holds only where there is one;
    ///   any other is not held against what has not changed.
    package func ruleErrors(of value: Value, old: Value?, at path: FieldPath) -> [FieldError] {
        var errors: [FieldError] = []
        for rule in rules where rule.isTransition || old != value {
            if let words = rule.complaint(about: value, old: old) { errors.append(error(rule, words, path)) }
        }
        switch value {
        case .object(let object):
            for member in object.members {
                let before = old?[member.key]
                if let property = properties[member.key] {
                    errors += property.ruleErrors(of: member.value, old: before, at: path.child(member.key))
                } else if let element = additional.schema {
                    errors += element.ruleErrors(of: member.value, old: before, at: path.key(member.key))
                }
            }
        case .array(let list):
            guard let items else { break }
            for (index, element) in list.enumerated() {
                let before =
                    listType != "map"
                    ? nil
                    : old?.array?.first { candidate in listMapKeys.allSatisfy { candidate[$0] == element[$0] } }
                errors += items.ruleErrors(of: element, old: before, at: path.index(index))
            }
        default: break
        }
        return errors
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
