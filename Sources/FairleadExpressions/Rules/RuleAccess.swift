/// Decides for expressions whether somebody may do something.
package protocol RuleAuthorizer: Sendable {
    func decide(_ question: RuleQuestion) -> RuleDecision
}

/// What an expression asks an authorizer.
package struct RuleQuestion: Sendable, Hashable {
    /// `system:serviceaccount:…` in place of the user of the request.
    package internal(set) var serviceAccount: ServiceAccount?
    package internal(set) var verb = ""
    /// nil for a question about a resource.
    package internal(set) var path: String?
    package internal(set) var group = ""
    package internal(set) var resource = ""
    package internal(set) var subresource = ""
    package internal(set) var namespace = ""
    package internal(set) var name = ""
    package internal(set) var fieldSelector = ""
    package internal(set) var labelSelector = ""

    package struct ServiceAccount: Sendable, Hashable {
        package let namespace: String
        package let name: String
    }

    package init(
        group: String = "", resource: String = "", subresource: String = "", namespace: String = "", name: String = ""
    ) {
        self.group = group
        self.resource = resource
        self.subresource = subresource
        self.namespace = namespace
        self.name = name
    }
}

/// What an authorizer answers.
package struct RuleDecision: Sendable, Hashable {
    package var isAllowed: Bool
    package var reason: String
    /// Why it could not decide; empty if it could.
    package var error: String

    package init(isAllowed: Bool, reason: String = "", error: String = "") {
        self.isAllowed = isAllowed
        self.reason = reason
        self.error = error
    }

    func call(_ name: String) throws(RuleError) -> RuleValue {
        switch name {
        case "allowed": .bool(isAllowed)
        case "reason": .text(reason)
        case "errored": .bool(!error.isEmpty)
        case "error": .text(error)
        default: throw .noOverload
        }
    }
}

/// An authorizer in an expression, and what it has been told so far.
///
/// Reference: k8s.io/apiserver `pkg/cel/library/authz.go`.
struct RuleAccess: Sendable {
    enum Stage: Sendable { case authorizer, path, group, resource }

    let authorizer: any RuleAuthorizer
    var stage = Stage.authorizer
    var question = RuleQuestion()

    var typeName: String {
        switch stage {
        case .authorizer: RuleType.authorizer.runtimeName
        case .path: RuleType.pathCheck.runtimeName
        case .group: RuleType.groupCheck.runtimeName
        case .resource: RuleType.resourceCheck.runtimeName
        }
    }

    func call(_ name: String, _ arguments: [RuleValue], _ cost: inout RuleCost) throws(RuleError) -> RuleValue {
        guard case .plain(.string(let text))? = arguments.first else { throw .noOverload }
        var next = self
        switch (stage, name) {
        case (.authorizer, "path"):
            if text.isEmpty { throw RuleError("path must not be empty") }
            next.stage = .path
            next.question.path = text
        case (.authorizer, "group"):
            next.stage = .group
            next.question.group = text
        case (.authorizer, "serviceAccount"):
            guard arguments.count == 2, case .plain(.string(let account)) = arguments[1] else { throw .noOverload }
            next.question.serviceAccount = .init(namespace: text, name: account)
        case (.group, "resource"):
            if text.isEmpty { throw RuleError("resource must not be empty") }
            next.stage = .resource
            next.question.resource = text
        case (.resource, "subresource"): next.question.subresource = text
        case (.resource, "namespace"): next.question.namespace = text
        case (.resource, "name"): next.question.name = text
        case (.resource, "fieldSelector"): next.question.fieldSelector = text
        case (.resource, "labelSelector"): next.question.labelSelector = text
        case (.path, "check"), (.resource, "check"):
            next.question.verb = text
            return .decision(authorizer.decide(next.question))
        default: throw .noOverload
        }
        return .access(next)
    }
}
