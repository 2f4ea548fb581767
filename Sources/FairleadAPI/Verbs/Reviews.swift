import FairleadAuthorization
import FairleadKinds
import FairleadModel

/// Kinds that are posted and answered but not stored: access reviews and Bindings.
///
/// Reference: Kubernetes API reference, authentication.k8s.io/v1 and authorization.k8s.io/v1.
extension Pipeline {
    func answerUnstored(_ context: RequestContext, _ target: Target) throws(APIStatus) -> APIOutcome {
        if Self.isResourceMetrics(target.kind) { return try resourceMetrics(context, target) }
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
        case "TokenReview": answer = try review.tokenReview(authenticator)
        case "SelfSubjectRulesReview": answer = try review.rulesReview(context.user, access)
        case "SelfSubjectAccessReview": answer = try review.accessReview(of: context.user, access)
        case "SubjectAccessReview", "LocalSubjectAccessReview": answer = try review.accessReview(of: nil, access)
        default: throw .methodNotAllowed()
        }
        return .response(try response(201, encoder, [encoder.encode(answer)], warnings: decoded.warnings))
    }

    /// Equivalent to the `binding` subresource of the pod that it names.
    private func createBinding(_ context: RequestContext, _ target: Target) throws(APIStatus) -> APIOutcome {
        let pods = GroupVersionResource(group: "", version: "v1", resource: "pods")
        guard let kind = api.kinds.kind(pods) else { throw .unknownResource }
        let binding = try decode(context, target.kind, .ignore)
        let path = RequestPath(pods, namespace: target.path.namespace, name: binding.object.name)
        return try bind(context, Target(kind: kind, path: path))
    }

    /// Who the client is.
    private func selfSubjectReview(_ user: UserInfo, _ object: Value) -> Value {
        var review = object
        review["metadata"] = ["creationTimestamp": .string(api.environment.now().rfc3339)]
        review["status"] = ["userInfo": user.value]
        return review
    }
}

/// A question about access rights, and its answer.
private struct Review {
    var object: Value
    let kind: Kind
    let namespace: String

    private static let spec = FieldPath("spec")

    /// Reference: k8s.io/kubernetes `pkg/registry/authentication/tokenreview/storage.go`.
    func tokenReview(_ authenticator: any Authenticator) throws(APIStatus) -> Value {
        guard let token = object.at("spec", "token")?.string, !token.isEmpty else {
            throw .badRequest("token is required for TokenReview in authentication")
        }
        let audiences = object.items("spec", "audiences").compactMap(\.string)
        switch authenticator.review(token: token, audiences: audiences) {
        case .user(let user, let audiences):
            return answered([
                "authenticated": true, "user": user.value, "audiences": .array(audiences.map { .string($0) }),
            ])
        case .invalid(let reasons):
            let texts = ["invalid bearer token"] + reasons
            let error = texts.count == 1 ? texts[0] : "[\(texts.joined(separator: ", "))]"
            return answered(["user": .object(Object()), "error": .string(error)])
        }
    }

    func rulesReview(_ user: UserInfo, _ access: AccessControl) throws(APIStatus) -> Value {
        let namespace = object.text("spec", "namespace")
        guard !namespace.isEmpty else { throw .badRequest("no namespace on request") }
        // Only the answer is returned, not the question.
        var review = answered(AccessReviews.status(access.rules(for: user, in: namespace)))
        review["metadata"] = .object(Object())
        review["spec"] = .object(Object())
        return review
    }

    /// - Parameter user: who it is about; nil if the review says it.
    func accessReview(of user: UserInfo?, _ access: AccessControl) throws(APIStatus) -> Value {
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
        if user == nil, object.at("spec", "user")?.string ?? "" == "",
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
        let spec = object["spec"] ?? .null
        let attributes = AccessReviews.attributes(of: spec, user ?? AccessReviews.subject(of: spec))
        return answered(AccessReviews.status(access.decide(attributes)))
    }

    private func answered(_ status: Value) -> Value {
        var review = object
        if review["metadata"] == nil { review["metadata"] = .object(Object()) }
        review["status"] = status
        return review
    }
}
