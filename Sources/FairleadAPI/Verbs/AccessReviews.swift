import FairleadAuthorization
import FairleadModel

/// What access reviews ask, and how they are answered.
///
/// Reference: Kubernetes API reference, authorization.k8s.io/v1.
enum AccessReviews {
    /// The user that a SubjectAccessReview is about.
    static func subject(of spec: Value) -> UserInfo {
        var user = UserInfo(name: spec.text("user"), uid: spec.text("uid"), groups: spec.texts("groups"))
        for (key, values) in spec["extra"]?.object ?? [:] { user.extra[key] = values.array?.compactMap(\.string) ?? [] }
        return user
    }

    /// - Parameter spec: valid.
    static func attributes(of spec: Value, _ user: UserInfo) -> AccessAttributes {
        guard let asked = spec["resourceAttributes"] else {
            let path = spec["nonResourceAttributes"] ?? .null
            return AccessAttributes(user: user, verb: path.text("verb"), path: path.text("path"))
        }
        let fields = asked.items("fieldSelector", "requirements").compactMap { requirement in
            let values = requirement.texts("values")
            guard values.count == 1 else { return FieldSelector.Requirement?.none }
            switch requirement.text("operator") {
            case "In": return .init(field: requirement.text("key"), op: .equals, value: values[0])
            case "NotIn": return .init(field: requirement.text("key"), op: .notEquals, value: values[0])
            default: return nil
            }
        }
        return AccessAttributes(
            user: user, verb: asked.text("verb"),
            AccessAttributes.Resource(
                group: asked.text("group"), version: asked.text("version"), resource: asked.text("resource"),
                subresource: asked.text("subresource"), namespace: asked.text("namespace"), name: asked.text("name"),
                fields: fields))
    }

    /// The status of an access review.
    static func status(_ decision: AccessDecision) -> Value {
        var status: Value = ["allowed": .bool(decision.isAllowed)]
        if !decision.reason.isEmpty { status["reason"] = .string(decision.reason) }
        return status
    }

    /// The status of a rules review.
    static func status(_ rules: AccessRules) -> Value {
        var resources: [Value] = []
        var paths: [Value] = []
        for rule in rules.rules {
            var own = rule
            own.urls = []
            if !rule.resources.isEmpty { resources.append(own.value) }
            if !rule.urls.isEmpty { paths.append(PolicyRule(verbs: rule.verbs, urls: rule.urls).value) }
        }
        var status: Value = [
            "resourceRules": .array(resources), "nonResourceRules": .array(paths),
            "incomplete": .bool(rules.isIncomplete),
        ]
        if let problem = rules.problem { status["evaluationError"] = .string(problem) }
        return status
    }
}
