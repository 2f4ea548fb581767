import FairleadRules
package import FairleadModel

/// The rules for IngressClasses.
///
/// Reference: k8s.io/kubernetes `pkg/apis/networking/validation`.
package enum IngressClassValidation {
    private static let spec = FieldPath("spec")

    package static func errors(for ingressClass: Value) -> [FieldError] {
        let controller = ingressClass.at("spec", "controller")?.string ?? ""
        let path = spec.child("controller")
        var errors: [FieldError] = []
        if controller.isEmpty {
            errors.append(.required(path))
        } else {
            if controller.utf8.count > 250 { errors.append(.tooLong(path, maximum: 250)) }
            errors += domainPrefixedPath(controller, path)
        }
        guard let parameters = ingressClass.at("spec", "parameters") else { return errors }
        let here = spec.child("parameters")
        return errors + reference(parameters, here) + scope(parameters, here)
    }

    package static func errors(for ingressClass: Value, old: Value) -> [FieldError] {
        FieldChecks.unchanged(
            ingressClass.at("spec", "controller"), old.at("spec", "controller"), spec.child("controller"))
            + errors(for: ingressClass)
    }

    /// `acme.io/foo`: a domain, then a path.
    private static func domainPrefixedPath(_ text: String, _ path: FieldPath) -> [FieldError] {
        let parts = text.split(separator: "/", maxSplits: 1, omittingEmptySubsequences: false).map(String.init)
        guard parts.count == 2, !parts[0].isEmpty, !parts[1].isEmpty else {
            return [.invalid(path, .string(text), "must be a domain-prefixed path (such as \"acme.io/foo\")")]
        }
        return FieldChecks.dnsSubdomain(parts[0], path)
            + FieldChecks.messages(NameRules.httpPath(parts[1]), value: parts[1], path)
    }

    /// A reference to an object of any kind, as used for backends and parameters.
    static func reference(_ reference: Value, _ path: FieldPath) -> [FieldError] {
        var errors: [FieldError] = []
        if let group = reference["apiGroup"]?.string {
            errors += FieldChecks.dnsSubdomain(group, path.child("apiGroup"))
        }
        errors += FieldChecks.kindAndName(of: reference, path)
        return errors
    }

    private static func scope(_ parameters: Value, _ path: FieldPath) -> [FieldError] {
        guard let scope = parameters["scope"]?.string else { return [.required(path.child("scope"))] }
        let namespace = parameters["namespace"]?.string
        switch (scope, namespace) {
        case ("Namespace", nil):
            return [.required(path.child("namespace"), "`parameters.scope` is set to 'Namespace'")]
        case ("Namespace", let namespace?): return FieldChecks.dnsLabel(namespace, path.child("namespace"))
        case ("Cluster", .some):
            return [.forbidden(path.child("namespace"), "`parameters.scope` is set to 'Cluster'")]
        case ("Cluster", nil): return []
        default: return [.notSupported(path.child("scope"), .string(scope), supported: ["Cluster", "Namespace"])]
        }
    }
}
