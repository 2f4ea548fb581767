import FairleadExpressions
import FairleadModel

/// A ValidatingAdmissionPolicy, compiled.
///
/// Reference: Kubernetes documentation, "Validating Admission Policy"; k8s.io/apiserver
/// `pkg/admission/plugin/policy/validating`.
struct ValidatingPolicy: Sendable {
    let definition: PolicyDefinition
    private let validations: [Validation]
    private let annotations: [Annotation]

    private struct Validation: Sendable {
        let expression: PolicyExpression
        let message: String
        let messageExpression: PolicyExpression?
        let reason: String
    }

    private struct Annotation: Sendable {
        let key: String
        let expression: PolicyExpression
    }

    init(_ source: Value) {
        let definition = PolicyDefinition(source, hasMutations: false)
        self.definition = definition
        let compiler = definition.compiler
        let quiet = compiler.withoutAuthorizer
        validations = (source.at("spec", "validations")?.array ?? []).map { item in
            let message = item["messageExpression"]?.string ?? ""
            return Validation(
                expression: PolicyExpression(item["expression"]?.string ?? "", .bool, compiler),
                message: item["message"]?.string ?? "",
                messageExpression: message.isEmpty ? nil : PolicyExpression(message, .string, quiet),
                reason: item["reason"]?.string ?? "Invalid")
        }
        annotations = (source.at("spec", "auditAnnotations")?.array ?? []).map { item in
            Annotation(
                key: item["key"]?.string ?? "",
                expression: PolicyExpression(item["valueExpression"]?.string ?? "", .stringOrNull, compiler))
        }
    }

    /// Why a request is denied.
    struct Denial {
        /// Of the validation; nil for what is about the policy as a whole.
        var index = 0
        var message: String
        var reason = ""
        var error = PolicyObservation.ErrorType.none
    }

    struct Outcome {
        var denials: [Denial] = []
        /// What denies whatever the binding says is to be done.
        var failures: [Denial] = []
        var annotations: [(key: String, value: String)] = []
        /// Why expressions could not decide where that is to be ignored.
        var ignored: [PolicyObservation.ErrorType] = []
    }

    /// Evaluates the policy with one parameter object.
    func review(_ names: AdmissionEvaluation.Names) -> Outcome {
        do throws(AdmissionEvaluation.Failure) {
            guard try definition.conditions.hold(about: names) else { return Outcome() }
            return try evaluate(names)
        } catch {
            // What cannot be evaluated at all is one decision.
            var outcome = Outcome()
            fail(\.denials, error, error.text, 0, &outcome)
            return outcome
        }
    }

    private func fail(
        _ list: WritableKeyPath<Outcome, [Denial]>, _ failure: AdmissionEvaluation.Failure, _ message: String,
        _ index: Int, _ outcome: inout Outcome
    ) {
        if definition.ignoresFailures { return outcome.ignored.append(failure.type) }
        outcome[keyPath: list].append(Denial(index: index, message: message, error: failure.type))
    }

    private func evaluate(_ names: AdmissionEvaluation.Names) throws(AdmissionEvaluation.Failure) -> Outcome {
        var outcome = Outcome()
        var evaluation = AdmissionEvaluation(names, definition.compiler)
        for (index, validation) in validations.enumerated() {
            do throws(AdmissionEvaluation.Failure) {
                if try validation.expression.evaluate(&evaluation).isTrue { continue }
            } catch {
                if case .outOfBudget = error { throw error }
                fail(\.denials, error, error.text, index, &outcome)
                continue
            }
            do throws(AdmissionEvaluation.Failure) {
                let message = try message(of: validation, &evaluation)
                outcome.denials.append(Denial(index: index, message: message, reason: validation.reason))
            } catch {
                fail(\.denials, error, "failed messageExpression: \(error.text)", index, &outcome)
            }
        }
        if annotations.isEmpty { return outcome }
        // They have a budget of their own.
        evaluation = AdmissionEvaluation(names, definition.compiler)
        for annotation in annotations {
            do throws(AdmissionEvaluation.Failure) {
                let value = try annotation.expression.evaluate(&evaluation)
                if let text = value.text?.withoutOuterSpace, !text.isEmpty {
                    outcome.annotations.append((annotation.key, text))
                }
            } catch {
                if case .outOfBudget = error { throw error }
                fail(\.failures, error, error.text, 0, &outcome)
            }
        }
        return outcome
    }

    /// The longest text that a message expression may make.
    private static let maximumMessage = 5 * 1024

    private func message(
        of validation: Validation, _ evaluation: inout AdmissionEvaluation
    ) throws(AdmissionEvaluation.Failure) -> String {
        if let expression = validation.messageExpression {
            do throws(AdmissionEvaluation.Failure) {
                let text = try expression.evaluate(&evaluation).text?.withoutOuterSpace ?? ""
                if !text.isEmpty, text.utf8.count <= Self.maximumMessage, !text.utf8.contains(10) { return text }
            } catch {
                // Kubernetes takes the other message where this one cannot be made.
                if case .outOfBudget = error { throw error }
            }
        }
        let message = validation.message.withoutOuterSpace
        return message.isEmpty ? "failed expression: \(validation.expression.text.withoutOuterSpace)" : message
    }
}

extension AdmissionEvaluation.Failure {
    var type: PolicyObservation.ErrorType {
        switch self {
        case .uncompiled: .compile
        case .failed: .invalid
        case .outOfBudget: .budget
        }
    }
}
