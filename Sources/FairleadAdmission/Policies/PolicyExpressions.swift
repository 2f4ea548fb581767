import FairleadExpressions
import FairleadModel

/// An expression of a stored policy: what cannot be compiled fails when it is asked.
struct PolicyExpression: Sendable {
    let text: String
    private let compiled: Result<AdmissionExpression, AdmissionCompiler.Refusal>

    init(_ text: String, _ result: AdmissionCompiler.Result, _ compiler: AdmissionCompiler) {
        self.text = text
        compiled = Result { () throws(AdmissionCompiler.Refusal) in try compiler.compile(text, result) }
    }

    func evaluate(
        _ evaluation: inout AdmissionEvaluation
    ) throws(AdmissionEvaluation.Failure) -> AdmissionValue {
        switch compiled {
        case .success(let expression): return try evaluation.evaluate(expression)
        case .failure(let refusal): throw .uncompiled("compilation error: " + refusal.text)
        }
    }
}

/// What the two kinds of policies have in common.
/// A class, since each request goes through all of them: copies would be counted one field at a time.
final class PolicyDefinition: Sendable {
    let name: String
    let matcher: PolicyMatcher
    let parameterKind: GroupVersionKind?
    let ignoresFailures: Bool
    let conditions: MatchConditions
    /// Knows the variables.
    let compiler: AdmissionCompiler
    let hasVariableErrors: Bool

    init(_ source: Value, hasMutations: Bool) {
        name = source.name
        let spec = source["spec"] ?? .null
        matcher = PolicyMatcher(spec["matchConstraints"])
        let kind = spec["paramKind"].flatMap { $0.object == nil ? nil : $0 }
        parameterKind = kind.map {
            GroupVersionKind(apiVersion: $0["apiVersion"]?.string ?? "", kind: $0["kind"]?.string ?? "")
        }
        ignoresFailures = spec["failurePolicy"]?.string == "Ignore"
        conditions = MatchConditions(spec["matchConditions"]?.array ?? [], AdmissionCompiler(hasParams: kind != nil))
        let variables = spec["variables"]?.array ?? []
        var compiler = AdmissionCompiler(
            hasParams: kind != nil, hasVariables: !variables.isEmpty, hasMutations: hasMutations)
        var hasVariableErrors = false
        for variable in variables {
            do throws(AdmissionCompiler.Refusal) {
                try compiler.declare(
                    variable: variable["name"]?.string ?? "", variable["expression"]?.string ?? "")
            } catch {
                hasVariableErrors = true
            }
        }
        self.compiler = compiler
        self.hasVariableErrors = hasVariableErrors
    }

}

/// What the names in the expressions of all policies stand for, made once for a request.
struct PolicyNames {
    private let request: PolicyRequest
    private let cluster: any PolicyCluster
    private var own: AdmissionEvaluation.Names?
    private var known: [PolicyMatch: AdmissionEvaluation.Names] = [:]

    init(_ request: PolicyRequest, _ cluster: any PolicyCluster) {
        self.request = request
        self.cluster = cluster
    }

    /// Whether the conditions rule out the request, as far as that is seen at once: most of many policies end here.
    func ruleOut(_ conditions: MatchConditions, _ match: PolicyMatch) -> Bool {
        guard let own, match.kind == request.kind, match.resource == request.resource else { return false }
        return conditions.areRuledOut(by: own)
    }

    /// - Returns: nil if the object cannot be converted.
    mutating func names(_ match: PolicyMatch) -> AdmissionEvaluation.Names? {
        // Nearly always it is the request's own version.
        let isOwn = match.kind == request.kind && match.resource == request.resource
        if isOwn, let own { return own }
        if !isOwn, let found = known[match] { return found }
        var (object, old) = (request.object ?? .null, request.oldObject ?? .null)
        if match.kind != request.kind {
            if !object.isNull {
                guard let converted = cluster.converted(object, to: match.kind) else { return nil }
                object = converted
            }
            if !old.isNull {
                guard let converted = cluster.converted(old, to: match.kind) else { return nil }
                old = converted
            }
        }
        let names = AdmissionEvaluation.Names(
            object: object, oldObject: old, request: request.value(match),
            namespace: request.namespaceObject.map(Self.shown) ?? .null,
            authorizer: cluster.authorizer(for: request.user),
            requestResource: RuleQuestion(
                group: request.resource.group, resource: request.resource.resource, subresource: request.subresource,
                namespace: request.namespace, name: request.name))
        if isOwn { own = names } else { known[match] = names }
        return names
    }

    /// A namespace as expressions see it.
    private static func shown(_ namespace: Value) -> Value {
        var shown = Object()
        if var metadata = namespace["metadata"]?.object {
            metadata["managedFields"] = nil
            metadata["ownerReferences"] = nil
            shown["metadata"] = .object(metadata)
        }
        shown["spec"] = namespace["spec"] ?? .object(Object())
        shown["status"] = namespace["status"] ?? .object(Object())
        return .object(shown)
    }
}

extension PolicyRequest {
    /// `request` in expressions: an AdmissionRequest without the objects.
    fileprivate func value(_ match: PolicyMatch) -> Value {
        func kind(_ kind: GroupVersionKind) -> Value {
            ["group": .string(kind.group), "version": .string(kind.version), "kind": .string(kind.kind)]
        }
        func resource(_ resource: GroupVersionResource) -> Value {
            [
                "group": .string(resource.group), "version": .string(resource.version),
                "resource": .string(resource.resource),
            ]
        }
        var value: Object = [
            "uid": "", "kind": kind(match.kind), "resource": resource(match.resource),
            "requestKind": kind(self.kind), "requestResource": resource(self.resource),
            "operation": .string(operation), "userInfo": user.value, "dryRun": .bool(isDryRun),
        ]
        if !subresource.isEmpty {
            value["subResource"] = .string(subresource)
            value["requestSubResource"] = .string(subresource)
        }
        if !name.isEmpty { value["name"] = .string(name) }
        if !namespace.isEmpty { value["namespace"] = .string(namespace) }
        if let options { value["options"] = options }
        return .object(value)
    }
}
