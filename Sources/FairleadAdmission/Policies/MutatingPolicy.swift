import FairleadExpressions
package import FairleadModel

/// How the server carries out what a mutating policy asks for.
package protocol PolicyPatcher: Sendable {
    /// Merges a configuration into an object of a kind, as server-side apply does.
    func applied(_ configuration: Value, to object: Value, _ kind: GroupVersionKind) throws(PolicyPatchFailure) -> Value
    /// - Parameter operations: of a JSON patch.
    func patched(_ object: Value, by operations: [Value]) throws(PolicyPatchFailure) -> Value
    /// A changed object, decoded and defaulted.
    func decoded(_ object: Value) throws(APIStatus) -> Value
}

/// Why a change cannot be carried out, in Kubernetes' words.
package struct PolicyPatchFailure: Error, Sendable {
    package let text: String

    package init(_ text: String) { self.text = text }
}

/// A MutatingAdmissionPolicy, compiled.
///
/// Reference: Kubernetes documentation, "Mutating Admission Policy"; k8s.io/apiserver
/// `pkg/admission/plugin/policy/mutating`.
struct MutatingPolicy: Sendable {
    let definition: PolicyDefinition
    /// Whether it is asked again if something changes the object after it.
    let isReinvoked: Bool
    private let mutations: [Mutation]

    private enum Mutation: Sendable {
        case configuration(PolicyExpression)
        case patch(PolicyExpression)
    }

    init(_ source: Value) {
        let definition = PolicyDefinition(source, hasMutations: true)
        self.definition = definition
        isReinvoked = source.at("spec", "reinvocationPolicy")?.string == "IfNeeded"
        mutations = (source.at("spec", "mutations")?.array ?? []).map { item in
            if item["patchType"]?.string == "JSONPatch" {
                let text = item.at("jsonPatch", "expression")?.string ?? ""
                return .patch(PolicyExpression(text, .patches, definition.compiler))
            }
            let text = item.at("applyConfiguration", "expression")?.string ?? ""
            return .configuration(PolicyExpression(text, .object, definition.compiler))
        }
    }

    /// What became of an object.
    struct Outcome {
        var object: Value
        /// What could not be done, each in words.
        var failures: [String] = []
        var error = PolicyObservation.ErrorType.none
    }

    /// Evaluates the policy with one parameter object.
    ///
    /// - Throws: what refuses the request whatever the policy says about failures.
    func change(
        _ names: AdmissionEvaluation.Names, _ kind: GroupVersionKind, _ patcher: any PolicyPatcher
    ) throws(APIStatus) -> Outcome {
        var outcome = Outcome(object: names.object)
        do throws(AdmissionEvaluation.Failure) {
            guard try definition.conditions.hold(about: names) else { return outcome }
        } catch {
            outcome.failures.append(error.text)
            outcome.error = error.type
            return outcome
        }
        for mutation in mutations {
            var names = names
            names.object = outcome.object
            var evaluation = AdmissionEvaluation(names, definition.compiler)
            let made: Value
            do {
                made = try Self.made(mutation, outcome.object, kind, &evaluation, patcher)
            } catch let failure as AdmissionEvaluation.Failure {
                outcome.failures.append(failure.text)
                outcome.error = failure.type
                continue
            } catch let failure as AdmissionValue.Mismatch {
                outcome.failures.append(failure.text)
                outcome.error = .invalid
                continue
            } catch let failure as PolicyPatchFailure {
                outcome.failures.append(failure.text)
                outcome.error = .invalid
                continue
            } catch {
                throw .internalError(String(describing: error))
            }
            if made != outcome.object { outcome.object = try patcher.decoded(made) }
        }
        return outcome
    }

    private static func made(
        _ mutation: Mutation, _ object: Value, _ kind: GroupVersionKind, _ evaluation: inout AdmissionEvaluation,
        _ patcher: any PolicyPatcher
    ) throws -> Value {
        switch mutation {
        case .configuration(let expression):
            var configuration = try expression.evaluate(&evaluation).configuration()
            configuration["apiVersion"] = .string(kind.apiVersion)
            configuration["kind"] = .string(kind.kind)
            return try patcher.applied(configuration, to: object, kind)
        case .patch(let expression):
            return try patcher.patched(object, by: try expression.evaluate(&evaluation).patch())
        }
    }
}
