import FairleadModel

/// Access reviews: answered, not stored.
extension Kind {
    static let selfSubjectReview = Kind(
        "SelfSubjectReview", group: "authentication.k8s.io", resource: "selfsubjectreviews", isNamespaced: false,
        verbs: ["create"], package: "authentication.v1")

    static let tokenReview = Kind(
        "TokenReview", group: "authentication.k8s.io", resource: "tokenreviews", isNamespaced: false, verbs: ["create"],
        package: "authentication.v1")

    static let localSubjectAccessReview = Kind(
        "LocalSubjectAccessReview", group: "authorization.k8s.io", resource: "localsubjectaccessreviews",
        verbs: ["create"], package: "authorization.v1")

    static let selfSubjectAccessReview = Kind(
        "SelfSubjectAccessReview", group: "authorization.k8s.io", resource: "selfsubjectaccessreviews",
        isNamespaced: false, verbs: ["create"], package: "authorization.v1")

    static let selfSubjectRulesReview = Kind(
        "SelfSubjectRulesReview", group: "authorization.k8s.io", resource: "selfsubjectrulesreviews",
        isNamespaced: false, verbs: ["create"], package: "authorization.v1")

    static let subjectAccessReview = Kind(
        "SubjectAccessReview", group: "authorization.k8s.io", resource: "subjectaccessreviews", isNamespaced: false,
        verbs: ["create"], package: "authorization.v1")
}
