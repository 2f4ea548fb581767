package import FairleadModel

/// `authorizer` in expressions: decides for the user of a request, or for a ServiceAccount that an expression names.
package struct RequestAuthorizer: RuleAuthorizer {
    /// Whether a user may do what an expression asks about.
    package typealias Decide = @Sendable (UserInfo, RuleQuestion) -> RuleDecision

    private let user: UserInfo
    private let decide: Decide

    package init(user: UserInfo, decide: @escaping Decide) {
        self.user = user
        self.decide = decide
    }

    package func decide(_ question: RuleQuestion) -> RuleDecision {
        guard let account = question.serviceAccount else { return decide(user, question) }
        let name = ServiceAccountName(namespace: account.namespace, name: account.name)
        return decide(UserInfo(name: name.user, groups: name.groups).authenticated, question)
    }
}
