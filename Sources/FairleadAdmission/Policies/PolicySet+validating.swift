import FairleadExpressions
package import FairleadModel

/// What policies say about a request.
package struct PolicyVerdict: Sendable {
    /// nil if it is allowed.
    package var denial: APIStatus?
    package var warnings: [String] = []
    package var annotations: [(key: String, value: String)] = []
    package var observations: [PolicyObservation] = []
}

extension PolicySet {
    /// Asks all validating policies: the first denial is the answer.
    package func validate(_ request: PolicyRequest, _ cluster: any PolicyCluster) -> PolicyVerdict {
        var verdict = PolicyVerdict()
        var first: (text: String, reason: String)?
        func deny(_ hook: Hook<ValidatingPolicy>, _ binding: PolicyBinding?, _ denial: ValidatingPolicy.Denial) {
            guard first == nil else { return }
            let bound = binding.map { " with binding '\($0.name)'" } ?? ""
            let name = hook.policy.definition.name
            first = (
                "ValidatingAdmissionPolicy '\(name)'\(bound) denied request: \(denial.message)",
                denial.reason.isEmpty ? "Invalid" : denial.reason
            )
        }
        func misconfigured(_ hook: Hook<ValidatingPolicy>, _ binding: PolicyBinding?, _ why: String) {
            if hook.policy.definition.ignoresFailures { return }
            let what = binding == nil ? "policy" : "binding"
            deny(hook, binding, .init(message: "failed to configure \(what): \(why)"))
        }

        var names = PolicyNames(request, cluster)
        let resource = request.resource.groupResource
        guard !Self.isExempt(resource) else { return verdict }
        for hook in validating.hooks(for: resource, request.operation) {
            let definition = hook.policy.definition
            guard let match = definition.matcher.match(request, cluster) else { continue }
            if let why = definition.misconfiguration(cluster) {
                misconfigured(hook, nil, why)
                continue
            }
            // Parameters that are missing would come first.
            if definition.parameterKind == nil, names.ruleOut(definition.conditions, match) { continue }
            guard var values = names.names(match) else {
                misconfigured(hook, nil, "failed to convert object version")
                continue
            }
            var collected: [(key: String, values: [String])] = []
            for binding in hook.bindings {
                guard !binding.isNarrow || binding.matcher.match(request, cluster) != nil else { continue }
                let all: [Value]
                do throws(PolicyBinding.Misconfiguration) {
                    all = try binding.parameters(of: definition.parameterKind, request, cluster)
                } catch {
                    misconfigured(hook, binding, error.text)
                    continue
                }
                for parameters in all {
                    if !parameters.isNull || !values.params.isNull { values.params = parameters }
                    let start = SuspendingClock.now
                    let outcome = hook.policy.review(values)
                    func observe(_ error: PolicyObservation.ErrorType, _ action: String) {
                        verdict.observations.append(
                            .init(
                                policy: definition.name, binding: binding.name, error: error, action: action,
                                time: start.duration(to: .now)))
                    }
                    for error in outcome.ignored { observe(error, "allow") }
                    for denial in outcome.denials {
                        for action in binding.actions {
                            observe(denial.error, action.lowercased())
                            switch action {
                            case "Deny": deny(hook, binding, denial)
                            case "Warn":
                                verdict.warnings.append(
                                    "Validation failed for ValidatingAdmissionPolicy '\(definition.name)' "
                                        + "with binding '\(binding.name)': \(denial.message)")
                            case "Audit": verdict.annotations.append(Self.failure(denial, binding))
                            default: break
                            }
                        }
                    }
                    for failure in outcome.failures {
                        observe(failure.error, "deny")
                        deny(hook, binding, failure)
                    }
                    for annotation in outcome.annotations { Self.collect(annotation, &collected) }
                }
            }
            verdict.annotations += collected.map {
                ("\(definition.name)/\($0.key)", $0.values.joined(separator: ", "))
            }
        }
        if let first { verdict.denial = Self.status(request, first.text, reason: first.reason) }
        return verdict
    }

    private static func status(_ request: PolicyRequest, _ text: String, reason: String) -> APIStatus {
        var status = APIStatus.forbidden(request.resource.groupResource, name: request.shownName, text)
        status.reason = reason
        status.code =
            switch reason {
            case "Forbidden": 403
            case "Unauthorized": 401
            case "RequestEntityTooLarge": 413
            default: 422
            }
        status.details?.causes = [.init(reason: "", message: text, field: "")]
        return status
    }

    /// The annotation of the audit log for a validation that failed.
    private static func failure(
        _ denial: ValidatingPolicy.Denial, _ binding: PolicyBinding
    ) -> (key: String, value: String) {
        let failure: Value = [
            "message": .string(denial.message), "policy": .string(binding.policyName),
            "binding": .string(binding.name), "expressionIndex": .int(Int64(denial.index)),
            "validationActions": .array(binding.actions.map { .string($0) }),
        ]
        return ("validation.policy.admission.k8s.io/validation_failure", Value.array([failure]).goJSONText)
    }

    /// The longest value of an audit annotation.
    private static let maximumAnnotation = 10 * 1024

    private static func collect(
        _ annotation: (key: String, value: String), _ collected: inout [(key: String, values: [String])]
    ) {
        var value = annotation.value
        if value.utf8.count > maximumAnnotation {
            value = String(decoding: value.utf8.prefix(maximumAnnotation), as: UTF8.self)
        }
        guard let place = collected.firstIndex(where: { $0.key == annotation.key }) else {
            return collected.append((annotation.key, [value]))
        }
        if !collected[place].values.contains(value) { collected[place].values.append(value) }
    }
}

extension PolicyDefinition {
    /// Why the policy cannot be asked at all; nil if it can.
    func misconfiguration(_ cluster: any PolicyCluster) -> String? {
        guard let kind = parameterKind, cluster.parameters(kind) == nil else { return nil }
        return "failed to find resource referenced by paramKind: '\(kind)'"
    }
}
