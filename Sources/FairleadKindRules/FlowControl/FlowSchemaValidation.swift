import FairleadRules
package import FairleadModel

/// The rules for FlowSchemas.
///
/// Reference: k8s.io/kubernetes `pkg/apis/flowcontrol/validation`.
package enum FlowSchemaValidation {
    private static let spec = FieldPath("spec")
    private static let lowestPrecedence: Int64 = 10_000

    package static func errors(for schema: Value) -> [FieldError] {
        let value = schema["spec"] ?? .null
        var errors = precedence(value.number("matchingPrecedence"), of: schema.name)
        if let method = value["distinguisherMethod"], !["ByNamespace", "ByUser"].contains(method.text("type")) {
            let printed = "{\"Type\":\(Value.string(method.text("type")).jsonText)}"
            errors.append(
                FieldError(
                    .notSupported, spec.child("distinguisherMethod", "type"), printedValue: printed,
                    detail: "supported values: \"ByNamespace\", \"ByUser\""))
        }
        let level = value.at("priorityLevelConfiguration", "name")?.string ?? ""
        let path = spec.child("priorityLevelConfiguration", "name")
        errors +=
            level.isEmpty ? [.required(path, "must reference a priority level")] : FieldChecks.dnsSubdomain(level, path)
        for (index, rule) in value.items("rules").enumerated() {
            errors += self.rule(rule, spec.child("rules").index(index))
        }
        if let fixed = MandatoryFlowControl.schemas[schema.name], value != fixed {
            errors.append(
                .invalid(
                    spec, printed: InternalForm.text(of: value, as: "FlowSchemaSpec"),
                    "spec of '\(schema.name)' must equal the fixed value"))
        }
        return errors + conditionErrors(for: schema)
    }

    /// The conditions of a status: each type may occur once.
    package static func conditionErrors(for object: Value) -> [FieldError] {
        let path = FieldPath("status", "conditions")
        var errors: [FieldError] = []
        var types: Set<String> = []
        for (index, condition) in object.items("status", "conditions").enumerated() {
            let type = condition.text("type")
            let here = path.index(index).child("type")
            if !types.insert(type).inserted { errors.append(.duplicate(here, .string(type))) }
            if type.isEmpty { errors.append(.required(here, "must not be empty")) }
        }
        return errors
    }

    private static func precedence(_ number: Int64, of name: String) -> [FieldError] {
        let path = spec.child("matchingPrecedence")
        if number <= 0 { return [.invalid(path, .int(number), "must be a positive value")] }
        if number > lowestPrecedence {
            return [.invalid(path, .int(number), "must not be greater than \(lowestPrecedence)")]
        }
        guard number == 1, name != "exempt" else { return [] }
        return [.invalid(path, 1, "only the schema named 'exempt' may have matchingPrecedence 1")]
    }

    private static func rule(_ rule: Value, _ path: FieldPath) -> [FieldError] {
        let subjects = rule.items("subjects")
        var errors: [FieldError] = []
        if subjects.isEmpty {
            errors.append(.required(path.child("subjects"), "subjects must contain at least one value"))
        }
        for (index, subject) in subjects.enumerated() {
            errors += self.subject(subject, path.child("subjects").index(index))
        }
        let resourceRules = rule.items("resourceRules")
        let otherRules = rule.items("nonResourceRules")
        if resourceRules.isEmpty, otherRules.isEmpty {
            errors.append(
                .required(path, "at least one of resourceRules and nonResourceRules has to be non-empty"))
        }
        for (index, rule) in resourceRules.enumerated() {
            errors += resourceRule(rule, path.child("resourceRules").index(index))
        }
        for (index, rule) in otherRules.enumerated() {
            errors += nonResourceRule(rule, path.child("nonResourceRules").index(index))
        }
        return errors
    }

    // MARK: Subjects

    private static let kinds = ["ServiceAccount": "serviceAccount", "User": "user", "Group": "group"]
    /// The order in which members that do not match the kind are rejected.
    private static let members = ["serviceAccount", "user", "group"]

    private static func subject(_ subject: Value, _ path: FieldPath) -> [FieldError] {
        let kind = subject.text("kind")
        guard let own = kinds[kind] else {
            return [
                .notSupported(
                    path.child("kind"), .string(kind), supported: ["Group", "ServiceAccount", "User"])
            ]
        }
        var errors: [FieldError] = []
        if let part = subject[own] {
            errors += named(part, kind, path.child(own))
        } else {
            errors.append(.required(path.child(own), "\(own) is required when subject kind is '\(kind)'"))
        }
        for member in members where member != own && subject[member] != nil {
            let owner = kinds.first { $0.value == member }?.key ?? ""
            errors.append(
                .forbidden(path.child(member), "\(member) is forbidden when subject kind is not '\(owner)'"))
        }
        return errors
    }

    private static func named(_ part: Value, _ kind: String, _ path: FieldPath) -> [FieldError] {
        let name = part.text("name")
        var errors: [FieldError] = name.isEmpty ? [.required(path.child("name"))] : []
        guard kind == "ServiceAccount" else { return errors }
        if !name.isEmpty, name != "*" { errors += FieldChecks.dnsSubdomain(name, path.child("name")) }
        let namespace = part.text("namespace")
        return errors
            + (namespace.isEmpty
                ? [.required(path.child("namespace"), "must specify namespace for service account")]
                : FieldChecks.dnsLabel(namespace, path.child("namespace")))
    }

    // MARK: Rules

    private static let verbs = [
        "create", "delete", "deletecollection", "get", "list", "patch", "proxy", "update", "watch",
    ]

    private static func verbErrors(_ rule: Value, _ path: FieldPath) -> [FieldError] {
        let given = rule.strings("verbs")
        if given.isEmpty { return [.required(path, "verbs must contain at least one value")] }
        if given.contains("*") { return aloneErrors(given, "verbs", path) }
        if given.allSatisfy(verbs.contains) { return [] }
        return [.notSupported(path, rule["verbs"] ?? .null, supported: verbs)]
    }

    /// `*` matches everything, so it must be the only element.
    private static func aloneErrors(_ given: [String], _ what: String, _ path: FieldPath) -> [FieldError] {
        guard given.count > 1, given.contains("*") else { return [] }
        return [
            .invalid(
                path, .array(given.map(Value.string)), "if '*' is present, must not specify other \(what)")
        ]
    }

    private static func resourceRule(_ rule: Value, _ path: FieldPath) -> [FieldError] {
        var errors = verbErrors(rule, path.child("verbs"))
        for (field, one, many) in [("apiGroups", "api group", "api groups"), ("resources", "resource", "resources")] {
            let given = rule.strings(field)
            errors +=
                given.isEmpty
                ? [.required(path.child(field), "resource rules must supply at least one \(one)")]
                : aloneErrors(given, many, path.child(field))
        }
        let namespaces = rule.strings("namespaces")
        let here = path.child("namespaces")
        if namespaces.isEmpty, !rule.flag("clusterScope") {
            errors.append(
                .required(
                    here, "resource rules that are not cluster scoped must supply at least one namespace"))
        } else if namespaces.contains("*") {
            errors += aloneErrors(namespaces, "namespaces", here)
        } else {
            for (index, namespace) in namespaces.enumerated() {
                let messages = NameRules.dns1123Label(namespace).map {
                    "each member of this list must be '*' or a DNS-1123 label; " + $0
                }
                errors += FieldChecks.messages(messages, value: namespace, here.index(index))
            }
        }
        return errors
    }

    private static func nonResourceRule(_ rule: Value, _ path: FieldPath) -> [FieldError] {
        var errors = verbErrors(rule, path.child("verbs"))
        let places = rule.strings("nonResourceURLs")
        let here = path.child("nonResourceURLs")
        if places.isEmpty {
            errors.append(.required(here, "nonResourceURLs must contain at least one value"))
        } else if places.contains("*") {
            errors += aloneErrors(places, "non-resource URLs", here)
        } else {
            for (index, place) in places.enumerated() {
                guard let fault = fault(ofPath: place) else { continue }
                errors.append(.invalid(here.index(index), .string(place), fault))
            }
        }
        return errors
    }

    private static func fault(ofPath path: String) -> String? {
        if path.isEmpty { return "must not be empty" }
        if path == "/" { return nil }
        if !path.hasPrefix("/") { return "must start with slash" }
        if path.contains(" ") { return "must not contain white-space" }
        if path.contains("//") { return "must not contain double slash" }
        let stars = path.utf8.count { $0 == UInt8(ascii: "*") }
        return stars == 0 || stars == 1 && path.hasSuffix("/*") ? nil : "wildcard can only do suffix matching"
    }
}
