import FairleadRules
package import FairleadModel

/// The rules for `rules` of webhooks: which requests they are about. Those of policies are the same.
package enum AdmissionRuleValidation {
    package static func errors(of rule: Value, _ path: FieldPath) -> [FieldError] {
        operations(rule.strings("operations"), path.child("operations"))
            + list(rule.strings("apiGroups"), "API groups", path.child("apiGroups"), allowsEmpty: true)
            + list(rule.strings("apiVersions"), "API versions", path.child("apiVersions"), allowsEmpty: false)
            + resources(rule.strings("resources"), path.child("resources")) + scope(rule["scope"], path.child("scope"))
    }

    private static let known = ["*", "CONNECT", "CREATE", "DELETE", "UPDATE"]

    private static func operations(_ operations: [String], _ path: FieldPath) -> [FieldError] {
        if operations.isEmpty { return [.required(path)] }
        var errors = exclusive(operations, "operations", path)
        for (index, operation) in operations.enumerated() where !known.contains(operation) {
            errors.append(.notSupported(path.index(index), .string(operation), inOrder: known))
        }
        return errors
    }

    private static func list(
        _ items: [String], _ what: String, _ path: FieldPath, allowsEmpty: Bool
    ) -> [FieldError] {
        if items.isEmpty { return [.required(path)] }
        var errors = exclusive(items, what, path)
        if !allowsEmpty {
            for (index, item) in items.enumerated() where item.isEmpty { errors.append(.required(path.index(index))) }
        }
        return errors
    }

    private static func exclusive(_ items: [String], _ what: String, _ path: FieldPath) -> [FieldError] {
        guard items.count > 1, items.contains("*") else { return [] }
        return [
            .invalid(
                path, .array(items.map { .string($0) }), "if '*' is present, must not specify other \(what)")
        ]
    }

    private static func resources(_ resources: [String], _ path: FieldPath) -> [FieldError] {
        if resources.isEmpty { return [.required(path)] }
        var errors: [FieldError] = []
        // All subresources of these resources, and these subresources of all resources.
        var wholes: Set<String> = []
        var parts: Set<String> = []
        var hasEverything = false
        var hasEveryResource = false
        for (index, resource) in resources.enumerated() {
            let place = path.index(index)
            if resource.isEmpty { errors.append(.required(place)) }
            if resource == "*/*" { hasEverything = true }
            if resource == "*" { hasEveryResource = true }
            let halves = resource.split(separator: "/", maxSplits: 1, omittingEmptySubsequences: false).map(String.init)
            guard halves.count == 2 else { continue }
            let (whole, part) = (halves[0], halves[1])
            if wholes.contains(whole) {
                errors.append(
                    .invalid(
                        place, .string(resource), "if '\(whole)/*' is present, must not specify \(resource)"))
            }
            if parts.contains(part) {
                errors.append(
                    .invalid(
                        place, .string(resource), "if '*/\(part)' is present, must not specify \(resource)"))
            }
            if whole == "*" { parts.insert(part) }
            if part == "*" { wholes.insert(whole) }
        }
        let all = Value.array(resources.map { .string($0) })
        if hasEverything, resources.count > 1 {
            errors.append(.invalid(path, all, "if '*/*' is present, must not specify other resources"))
        }
        if hasEveryResource, resources.contains(where: { $0 != "*" && !$0.contains("/") }) {
            errors.append(
                .invalid(
                    path, all, "if '*' is present, must not specify other resources without subresources"))
        }
        return errors
    }

    private static func scope(_ scope: Value?, _ path: FieldPath) -> [FieldError] {
        guard let text = scope?.string, !["*", "Cluster", "Namespaced"].contains(text) else { return [] }
        return [.notSupported(path, .string(text), inOrder: ["*", "Cluster", "Namespaced"])]
    }
}
