import FairleadRules
package import FairleadModel

/// The rules for Roles, ClusterRoles and their bindings. The resources named in a role need not exist.
///
/// Reference: k8s.io/kubernetes `pkg/apis/rbac/validation`.
package enum RoleValidation {
    package static let group = "rbac.authorization.k8s.io"

    package static func errors(for role: Value, isNamespaced: Bool) -> [FieldError] {
        var errors: [FieldError] = []
        for (index, rule) in role.items("rules").enumerated() {
            errors += self.rule(rule, isNamespaced: isNamespaced, FieldPath("rules").index(index))
        }
        guard !isNamespaced, let aggregation = role["aggregationRule"] else { return errors }
        let path = FieldPath("aggregationRule", "clusterRoleSelectors")
        let selectors = aggregation.items("clusterRoleSelectors")
        if selectors.isEmpty {
            errors.append(
                .required(path, "at least one clusterRoleSelector required if aggregationRule is non-nil"))
        }
        for (index, selector) in selectors.enumerated() {
            let wrong = FieldChecks.labelSelector(selector, path.index(index))
            errors += wrong
            if !wrong.isEmpty {
                // What could be made of it, not what was sent.
                errors.append(.invalid(path.index(index), .null, "invalid label selector."))
            }
        }
        return errors
    }

    private static func rule(_ rule: Value, isNamespaced: Bool, _ path: FieldPath) -> [FieldError] {
        var errors: [FieldError] = []
        if rule.isEmptyOrAbsent("verbs") {
            errors.append(.required(path.child("verbs"), "verbs must contain at least one value"))
        }
        if let paths = rule["nonResourceURLs"], !rule.isEmptyOrAbsent("nonResourceURLs") {
            let here = path.child("nonResourceURLs")
            if isNamespaced {
                errors.append(.invalid(here, paths, "namespaced rules cannot apply to non-resource URLs"))
            }
            if ["apiGroups", "resources", "resourceNames"].contains(where: { !rule.isEmptyOrAbsent($0) }) {
                errors.append(
                    .invalid(here, paths, "rules cannot apply to both regular resources and non-resource URLs"))
            }
            return errors
        }
        for (field, what) in [("apiGroups", "api group"), ("resources", "resource")]
        where rule.isEmptyOrAbsent(field) {
            errors.append(.required(path.child(field), "resource rules must supply at least one \(what)"))
        }
        return errors
    }

    package static func bindingErrors(for binding: Value, isNamespaced: Bool) -> [FieldError] {
        let reference = binding["roleRef"] ?? .null
        let path = FieldPath("roleRef")
        var errors = FieldChecks.oneOf(reference.text("apiGroup"), [group], path.child("apiGroup"))
        let kinds = isNamespaced ? ["Role", "ClusterRole"] : ["ClusterRole"]
        errors += FieldChecks.oneOf(reference.text("kind"), kinds, path.child("kind"))
        let name = reference.text("name")
        errors +=
            name.isEmpty
            ? [.required(path.child("name"))]
            : FieldChecks.messages(NameRules.pathSegment(name), value: name, path.child("name"))
        for (index, subject) in binding.items("subjects").enumerated() {
            errors += self.subject(subject, isNamespaced: isNamespaced, FieldPath("subjects").index(index))
        }
        return errors
    }

    /// The role of a binding is immutable, so that permissions cannot change unnoticed.
    package static func bindingErrors(for binding: Value, old: Value, isNamespaced: Bool) -> [FieldError] {
        let errors = bindingErrors(for: binding, isNamespaced: isNamespaced)
        let reference = binding["roleRef"] ?? .null
        if reference == old["roleRef"] { return errors }
        return errors + [
            .invalid(
                FieldPath("roleRef"), printed: InternalForm.text(of: reference, as: "RoleRef"), "cannot change roleRef")
        ]
    }

    private static func subject(_ subject: Value, isNamespaced: Bool, _ path: FieldPath) -> [FieldError] {
        let name = subject.text("name")
        var errors: [FieldError] = name.isEmpty ? [.required(path.child("name"))] : []
        switch subject.text("kind") {
        case "ServiceAccount":
            if !name.isEmpty { errors += FieldChecks.dnsSubdomain(name, path.child("name")) }
            errors += FieldChecks.oneOf(subject.text("apiGroup"), [""], path.child("apiGroup"))
            if !isNamespaced, subject.text("namespace").isEmpty { errors.append(.required(path.child("namespace"))) }
        case "User", "Group": errors += FieldChecks.oneOf(subject.text("apiGroup"), [group], path.child("apiGroup"))
        case let other:
            errors += FieldChecks.oneOf(other, ["ServiceAccount", "User", "Group"], path.child("kind"))
        }
        return errors
    }

    /// Sets the API groups, which follow from the kinds.
    package static func setBindingDefaults(_ binding: inout Value) {
        var reference = binding["roleRef"] ?? .object(Object())
        reference.setDefaultText("apiGroup", group)
        binding["roleRef"] = reference
        binding.changeItems("subjects") { subject in
            if ["User", "Group"].contains(subject.text("kind")) { subject.setDefaultText("apiGroup", group) }
        }
    }
}
