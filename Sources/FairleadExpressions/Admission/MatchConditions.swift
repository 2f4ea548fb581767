package import FairleadModel

/// The `matchConditions` of a policy or of a webhook: expressions about a request that decide whether it is asked.
///
/// Reference: k8s.io/apiserver `pkg/admission/plugin/webhook/matchconditions`.
package struct MatchConditions: Sendable {
    private struct Condition: Sendable {
        let compiled: Result<AdmissionExpression, AdmissionCompiler.Refusal>
        /// nil if it always takes an evaluation.
        let quick: QuickTest?

        init(_ compiled: Result<AdmissionExpression, AdmissionCompiler.Refusal>) {
            self.compiled = compiled
            quick = (try? compiled.get()).flatMap { QuickTest($0.expression) }  // what does not compile is not quick
        }
    }

    private let all: [Condition]
    /// The quick ones, up to the first that is not.
    private let quick: [QuickTest]

    /// What conditions of webhooks may name.
    package static let webhookCompiler = AdmissionCompiler(hasNamespace: false)

    /// For all conditions together, about one request.
    private static let budget = 2_500_000

    /// What does not compile was stored before that was checked, and fails when it is asked.
    package init(_ source: [Value], _ compiler: AdmissionCompiler) {
        all = source.map { condition in
            Condition(
                Result { () throws(AdmissionCompiler.Refusal) in
                    try compiler.compile(condition["expression"]?.string ?? "", .bool)
                })
        }
        quick = all.prefix { $0.quick != nil }.compactMap(\.quick)
    }

    package var isEmpty: Bool { all.isEmpty }

    /// Whether all of them hold. One that does not decides, whatever others fail.
    /// Whether they do not hold, as far as that is seen without an evaluation.
    package func areRuledOut(by names: AdmissionEvaluation.Names) -> Bool {
        for test in quick {
            guard let holds = test.holds(names) else { return false }
            if !holds { return true }
        }
        return false
    }

    package func hold(about names: AdmissionEvaluation.Names) throws(AdmissionEvaluation.Failure) -> Bool {
        if all.isEmpty { return true }
        var known: AdmissionEvaluation?
        var failures: [String] = []
        for condition in all {
            if let holds = condition.quick?.holds(names) {
                if !holds { return false }
                continue
            }
            var evaluation = known ?? AdmissionEvaluation(names, Self.withoutVariables, budget: Self.budget)
            defer { known = evaluation }
            do throws(AdmissionEvaluation.Failure) {
                switch condition.compiled {
                case .success(let expression): if !(try evaluation.evaluate(expression)).isTrue { return false }
                case .failure(let refusal): throw .uncompiled("compilation error: " + refusal.text)
                }
            } catch {
                if case .outOfBudget = error { throw error }
                if !failures.contains(error.text) { failures.append(error.text) }
            }
        }
        if failures.isEmpty { return true }
        throw .failed(failures.count == 1 ? failures[0] : "[" + failures.joined(separator: ", ") + "]")
    }

    private static let withoutVariables = AdmissionCompiler()
}
