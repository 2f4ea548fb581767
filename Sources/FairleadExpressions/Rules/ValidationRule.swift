package import FairleadModel

/// One `x-kubernetes-validations` rule.
package struct ValidationRule: Sendable {
    package let text: String
    package let message: String
    package let reason: String
    package let fieldPath: String
    private let expression: RuleExpression?
    private let messageExpression: RuleExpression?
    /// Whether it compares with what was.
    package let usesOld: Bool
    /// Whether it is asked about new objects as well: what was is then an optional value.
    private let isOldOptional: Bool

    /// Whether it can be evaluated. Rules that cannot are refused when they are written; those of definitions that were
    /// stored before that was so are kept and pass.
    package var isEvaluated: Bool { expression != nil }

    /// - Parameter declaration: what the schema says of the values that the rule is about; nil if that is not known.
    package init(_ source: Value, _ declaration: RuleDeclaration?) {
        text = source["rule"]?.string ?? ""
        message = source["message"]?.string ?? ""
        reason = source["reason"]?.string ?? ""
        fieldPath = source["fieldPath"]?.string ?? ""
        isOldOptional = source["optionalOldSelf"]?.bool == true
        let compiler = RuleCompiler(declaration, isOldOptional: isOldOptional)
        let compiled = (try? compiler.compile(text))?.expression
        expression = compiled
        usesOld = compiled?.reads("oldSelf") ?? false
        messageExpression = source["messageExpression"]?.string.flatMap { try? compiler.compile($0).expression }
    }

    /// What is wrong, and whether that came out or the rule itself failed.
    package struct Complaint: Sendable {
        package let words: String
        /// Whether the rule could not be evaluated: then not the value is shown, but its type.
        package let isFailure: Bool
    }

    /// What is wrong; nil if nothing is.
    package func complaint(about value: Value, old: Value?, _ budget: inout RuleBudget) -> Complaint? {
        guard let expression else { return nil }
        var names: [String: RuleValue] = ["self": .plain(value)]
        if usesOld {
            if isOldOptional {
                names["oldSelf"] = .optional(old.map { .plain($0) })
            } else {
                guard let old else { return nil }
                names["oldSelf"] = .plain(old)
            }
        }
        guard budget.remaining > 0 else { return Self.outOfBudget(&budget) }
        var evaluation = RuleEvaluation(names)
        let result = Result { () throws(RuleError) in try evaluation.evaluate(expression) }
        guard budget.spend(evaluation.cost.spent) else { return Self.outOfBudget(&budget) }
        switch result {
        case .success(let value):
            return value.isTrue ? nil : Complaint(words: words(names, &budget), isFailure: false)
        case .failure(let error): return Complaint(words: failure(error, &budget), isFailure: true)
        }
    }

    private func failure(_ error: RuleError, _ budget: inout RuleBudget) -> String {
        let shown = message.isEmpty ? text.withoutOuterSpace : message.withoutOuterSpace
        if error.kind == .tooExpensive {
            budget.isClosed = true
            return
                "'\(error.message)': no further validation rules will be run due to call cost exceeds limit for rule: \(shown)"
        }
        if error == .noOverload {
            return
                "'\(error.message)': call arguments did not match a supported operator, function or macro signature for rule: \(shown)"
        }
        return "\(error.message) evaluating rule: \(shown)"
    }

    private static func outOfBudget(_ budget: inout RuleBudget) -> Complaint {
        budget.isClosed = true
        return Complaint(
            words: "validation failed due to running out of cost budget, no further validation rules will be run",
            isFailure: true)
    }

    /// The longest text that a message expression may make.
    private static let maximumMessage = 5 * 1024

    private func words(_ names: [String: RuleValue], _ budget: inout RuleBudget) -> String {
        if let messageExpression {
            var evaluation = RuleEvaluation(names, limit: min(RuleCost.limit, budget.remaining))
            // Kubernetes takes the other message where this one cannot be made.
            let made = try? evaluation.evaluate(messageExpression)
            _ = budget.spend(evaluation.cost.spent)
            if case .plain(.string(let text))? = made, text.utf8.count <= Self.maximumMessage, !text.contains("\n") {
                if !text.withoutOuterSpace.isEmpty { return text }
            }
        }
        if !message.isEmpty { return message.withoutOuterSpace }
        return "failed rule: " + text.withoutOuterSpace
    }
}

/// Makes expressions of what a definition says, and says why where there is none.
///
/// Reference: k8s.io/apiextensions-apiserver `pkg/apiserver/schema/cel/compilation.go`.
package struct RuleCompiler: Sendable {
    private let names: [String: RuleChecker.Binding]

    init(names: [String: RuleChecker.Binding]) { self.names = names }

    package init(_ declaration: RuleDeclaration?, isOldOptional: Bool) {
        let type = declaration?.type ?? .dyn
        let now = RuleChecker.Binding(type: type, declaration: declaration)
        let before =
            isOldOptional
            ? RuleChecker.Binding(type: .optional(type)) : RuleChecker.Binding(type: type, declaration: declaration)
        names = ["self": now, "oldSelf": before]
    }

    struct Compiled {
        let expression: RuleExpression
        let type: RuleType
        let cost: Double
    }

    struct Refusal: Error {
        let text: String
    }

    func compile(_ text: String) throws(Refusal) -> Compiled {
        let syntax: RuleSyntax
        do throws(RuleIssues) {
            syntax = try RuleParser.syntax(text)
        } catch {
            throw Refusal(text: RuleIssue.text(of: error.list, in: text))
        }
        var checker = RuleChecker(names)
        guard let part = checker.check(syntax) else {
            throw Refusal(text: RuleIssue.text(of: checker.issues, in: text))
        }
        return Compiled(expression: part.expression, type: part.type, cost: part.estimate.cost)
    }

    /// What is known of a rule or of a message before it is ever evaluated.
    package struct Report: Sendable {
        /// Why it is refused; nil for one that is well-formed.
        package var refusal: String?
        package var usesOld = false
        /// What one evaluation may cost at most, by the sizes that the schema allows.
        package var cost = 0.0
    }

    package func report(onRule text: String) -> Report {
        report(on: text, type: .bool, "compilation failed: ", "cel expression must evaluate to a bool")
    }

    package func report(onMessage text: String) -> Report {
        report(
            on: text, type: .string, "messageExpression compilation failed: ",
            "messageExpression must evaluate to a string")
    }

    private func report(on text: String, type: RuleType, _ failed: String, _ wrongType: String) -> Report {
        do throws(Refusal) {
            let compiled = try compile(text)
            return Report(
                refusal: compiled.type == type ? nil : wrongType, usesOld: compiled.expression.reads("oldSelf"),
                cost: compiled.cost)
        } catch {
            return Report(refusal: failed + error.text)
        }
    }
}
