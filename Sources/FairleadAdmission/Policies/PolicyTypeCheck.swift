package import FairleadExpressions
package import FairleadModel

/// Holds the expressions of a ValidatingAdmissionPolicy against the schemas of what it is about: what does not fit is
/// told in its status, and changes nothing else.
///
/// Reference: k8s.io/apiserver `pkg/admission/plugin/policy/validating/typechecking.go`.
package struct PolicyTypeCheck: Sendable {
    /// What is known of the objects of a resource.
    package struct Subject: Sendable {
        package let kind: GroupVersionKind
        package let declaration: RuleDeclaration

        package init(_ kind: GroupVersionKind, _ declaration: RuleDeclaration) {
            self.kind = kind
            self.declaration = declaration
        }
    }

    private let resource: @Sendable (GroupVersionResource) -> Subject?
    private let parameters: @Sendable (GroupVersionKind) -> RuleDeclaration?

    /// - Parameters:
    ///   - resource: nil for what is not served.
    ///   - parameters: what is known of the objects of a kind.
    package init(
        resource: @escaping @Sendable (GroupVersionResource) -> Subject?,
        parameters: @escaping @Sendable (GroupVersionKind) -> RuleDeclaration?
    ) {
        self.resource = resource
        self.parameters = parameters
    }

    /// `status` of a policy of which everything has been looked at.
    package func status(of policy: Value) -> Value {
        let warnings = warnings(about: policy["spec"] ?? .null)
        return [
            "observedGeneration": .int(policy.generation),
            "typeChecking": warnings.isEmpty ? [:] : ["expressionWarnings": .array(warnings)],
        ]
    }

    private func warnings(about spec: Value) -> [Value] {
        let compilers = subjects(of: spec).map { ($0.kind, compiler(spec, $0)) }
        if compilers.isEmpty { return [] }
        var warnings: [Value] = []
        func check(_ text: String?, _ field: String) {
            guard let text, !text.isEmpty else { return }
            let found = compilers.compactMap { kind, compiler -> String? in
                do throws(AdmissionCompiler.Refusal) {
                    _ = try compiler.compile(text, .anything)
                    return nil
                } catch {
                    return "\(kind): \(error.issues)\n"
                }
            }
            guard !found.isEmpty else { return }
            warnings.append(["fieldRef": .string(field), "warning": .string(found.joined(separator: "\n"))])
        }
        for (index, validation) in (spec["validations"]?.array ?? []).enumerated() {
            check(validation["expression"]?.string, "spec.validations[\(index)].expression")
            check(validation["messageExpression"]?.string, "spec.validations[\(index)].messageExpression")
        }
        return warnings
    }

    private func compiler(_ spec: Value, _ subject: Subject) -> AdmissionCompiler {
        let kind = spec["paramKind"].flatMap { $0.object == nil ? nil : $0 }.map {
            GroupVersionKind(apiVersion: $0["apiVersion"]?.string ?? "", kind: $0["kind"]?.string ?? "")
        }
        let params = kind.flatMap(parameters)
        var compiler = AdmissionCompiler(
            hasParams: params != nil, hasVariables: true, object: subject.declaration, params: params)
        for variable in spec["variables"]?.array ?? [] {
            // One that is wrong counts as anything in what follows.
            try? compiler.declare(variable: variable["name"]?.string ?? "", variable["expression"]?.string ?? "")
        }
        return compiler
    }

    /// So many types are looked at.
    private static let mostSubjects = 10

    /// What the rules name: nothing where they have wildcards.
    private func subjects(of spec: Value) -> [Subject] {
        var found: [GroupVersionKind: Subject] = [:]
        for rule in spec.at("matchConstraints", "resourceRules")?.array ?? [] {
            func strings(_ field: String) -> [String] { (rule[field]?.array ?? []).compactMap(\.string) }
            let (groups, versions) = (strings("apiGroups"), strings("apiVersions"))
            guard !(groups + versions).contains(where: { $0.contains("*") }) else { continue }
            let resources = strings("resources").filter { !$0.contains("*") && !$0.contains("/") }
            for group in groups.sorted() {
                for version in versions.sorted() {
                    for name in resources.sorted() where found.count < Self.mostSubjects {
                        let known = resource(GroupVersionResource(group: group, version: version, resource: name))
                        if let known { found[known.kind] = known }
                    }
                }
            }
        }
        return found.values.sorted {
            ($0.kind.group, $0.kind.version, $0.kind.kind) < ($1.kind.group, $1.kind.version, $1.kind.kind)
        }
    }
}
