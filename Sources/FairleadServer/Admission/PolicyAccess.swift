import FairleadAuthorization
import FairleadExpressions
import FairleadModel

extension AccessControl {
    /// Answers what an expression of a policy asks an authorizer.
    ///
    /// - Parameter user: who is asked about.
    func decide(_ question: RuleQuestion, by user: UserInfo) -> RuleDecision {
        let wanted: AccessAttributes
        if let path = question.path {
            wanted = AccessAttributes(user: user, verb: question.verb, path: path)
        } else {
            wanted = AccessAttributes(
                user: user, verb: question.verb,
                .init(
                    group: question.group, resource: question.resource, subresource: question.subresource,
                    namespace: question.namespace, name: question.name))
        }
        let decision = decide(wanted)
        return RuleDecision(isAllowed: decision.isAllowed, reason: decision.reason)
    }
}
