/// What somebody may do in a namespace, as a SelfSubjectRulesReview lists it.
package struct AccessRules: Sendable, Hashable {
    /// Rules about objects and rules about paths.
    package var rules: [PolicyRule] = []
    /// Whether an authorizer cannot list all that it would allow.
    package var isIncomplete = false
    /// What went wrong, in words; one text for each problem.
    package var problems: [String] = []

    package init() {}

    /// The problems in one text, or nil.
    package var problem: String? { problems.isEmpty ? nil : problems.aggregated }
}
