package import FairleadModel

/// One `x-kubernetes-validations` rule.
package struct ValidationRule: Sendable {
    package let text: String
    package let message: String
    package let reason: String
    package let fieldPath: String
    private let expression: RuleExpression?
    private let messageExpression: RuleExpression?
    /// Whether it compares with the old value, and so applies only to updates.
    package let isTransition: Bool

    /// Whether this server can evaluate it; other rules are stored and always pass.
    package var isEvaluated: Bool { expression != nil }

    /// A compiler's complaint about an expression that is too large; nil for all others.
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

    /// What is wrong with the value; nil if nothing is.
    package func complaint(about value: Value, old: Value?, _ budget: inout RuleBudget) -> String? {
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

    /// The longest text that a message expression may produce.
    private static let maximumMessage = 5 * 1024

    private func words(_ names: [String: Value], _ budget: inout RuleBudget) -> String {
        if let messageExpression {
            var evaluation = RuleEvaluation(names, limit: min(RuleCost.limit, budget.remaining))
            // Kubernetes uses the other message if this one cannot be produced.
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
