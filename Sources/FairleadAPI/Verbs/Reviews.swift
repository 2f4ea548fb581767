import FairleadKinds
import FairleadModel

/// Kinds that are posted and answered but not stored: access reviews and Bindings.
///
/// Everyone is the administrator and may do everything.
/// Reference: Kubernetes API reference, authentication.k8s.io/v1 and authorization.k8s.io/v1.
extension Pipeline {
    func answerUnstored(_ context: RequestContext, _ target: Target) throws(APIStatus) -> APIOutcome {
        if context.method == .get, target.kind.info.kind == "ComponentStatus" {
            return try componentStatuses(context, target)
        }
        guard context.method == .post, target.path.name == nil, target.kind.info.verbs.contains("create") else {
            throw .methodNotAllowed()
        }
        let kind = target.kind
        guard !kind.info.isNamespaced || target.path.namespace != nil else { throw .methodNotAllowed() }
        if kind.info.kind == "Binding" { return try createBinding(context, target) }
        let encoder = try encoder(for: context, kind, hasTables: false)
        let options = try WriteOptions(context.request, kind: "CreateOptions")
        let decoded = try decode(context, kind, options.fieldValidation)
        var object = decoded.object
        api.trackFields(kind, &object, old: nil, scope: .main, manager: options.fieldManager)
        let review = Review(object: object, kind: kind, namespace: target.namespace)
        let answer: Value
        switch kind.info.kind {
        case "SelfSubjectReview": answer = selfSubjectReview(context.user, decoded.object)
        case "TokenReview": answer = try review.tokenReview()
        case "SelfSubjectRulesReview": answer = try review.rulesReview()
        case "SelfSubjectAccessReview": answer = try review.accessReview(asksForSubject: false)
        case "SubjectAccessReview", "LocalSubjectAccessReview": answer = try review.accessReview(asksForSubject: true)
        default: throw .methodNotAllowed()
        }
        return .response(try response(201, encoder, [encoder.encode(answer)], warnings: decoded.warnings))
    }

    /// Equivalent to the `binding` subresource of the pod that it names.
    private func createBinding(_ context: RequestContext, _ target: Target) throws(APIStatus) -> APIOutcome {
        let pods = GroupVersionResource(group: "", version: "v1", resource: "pods")
        guard let kind = api.kinds.kind(pods) else { throw .unknownResource }
        let binding = try decode(context, target.kind, .ignore)
        var pod = Target(kind: kind, path: target.path)
        pod.path.resource = pods.resource
        pod.path.name = binding.object.name
        return try bind(context, pod)
    }

    /// Who the client is.
    private func selfSubjectReview(_ user: UserInfo, _ object: Value) -> Value {
        var review = object
        review["metadata"] = ["creationTimestamp": .string(api.environment.now().rfc3339)]
        review["status"] = [
            "userInfo": ["username": .string(user.name), "groups": .array(user.groups.map { .string($0) })]
        ]
        return review
    }
}

/// A question about access rights, and its answer.
private struct Review {
    var object: Value
    let kind: Kind
    let namespace: String

    private static let spec = FieldPath("spec")

    /// No token is valid here.
    func tokenReview() throws(APIStatus) -> Value {
        guard object.at("spec", "token")?.string ?? "" != "" else {
            throw .badRequest("token is required for TokenReview in authentication")
        }
        return answered(["user": .object(Object()), "error": "invalid bearer token"])
    }

    func rulesReview() throws(APIStatus) -> Value {
        guard object.at("spec", "namespace")?.string ?? "" != "" else { throw .badRequest("no namespace on request") }
        // Only the answer is returned, not the question.
        var review = answered([
            "resourceRules": [["verbs": ["*"], "apiGroups": ["*"], "resources": ["*"]]],
            "nonResourceRules": [["verbs": ["*"], "nonResourceURLs": ["*"]]],
            "incomplete": false,
        ])
        review["metadata"] = .object(Object())
        review["spec"] = .object(Object())
        return review
    }

    /// - Parameter asksForSubject: whether the review names the user it is about.
    func accessReview(asksForSubject: Bool) throws(APIStatus) -> Value {
        let resource = object.at("spec", "resourceAttributes")
        let other = object.at("spec", "nonResourceAttributes")
        var errors: [FieldError] = []
        if let other, resource != nil {
            errors.append(
                .invalid(
                    Self.spec.child("nonResourceAttributes"), other,
                    "cannot be specified in combination with resourceAttributes"))
        }
        if resource == nil, other == nil {
            errors.append(
                .invalid(
                    Self.spec.child("resourceAttributes"), .null,
                    "exactly one of nonResourceAttributes or resourceAttributes must be specified"))
        }
        if asksForSubject, object.at("spec", "user")?.string ?? "" == "",
            (object.at("spec", "groups")?.array ?? []).isEmpty
        {
            errors.append(
                .invalid(Self.spec.child("user"), "", "at least one of user or group must be specified"))
        }
        if kind.info.isNamespaced {
            let asked = resource?["namespace"]?.string ?? ""
            if resource != nil, asked != namespace {
                errors.append(
                    .invalid(
                        Self.spec.child("resourceAttributes").child("namespace"), .string(asked),
                        "must match metadata.namespace"))
            }
            if let other {
                errors.append(
                    .invalid(
                        Self.spec.child("nonResourceAttributes"), other, "disallowed on this kind of request"))
            }
        }
        if !errors.isEmpty { throw kind.invalid("", errors) }
        return answered(["allowed": true])
    }

    private func answered(_ status: Value) -> Value {
        var review = object
        if review["metadata"] == nil { review["metadata"] = .object(Object()) }
        review["status"] = status
        return review
    }
}
