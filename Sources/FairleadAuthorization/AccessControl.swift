package import FairleadModel
package import FairleadStorage

/// Who may do what: the authorizers of a server, asked in order.
///
/// Members of `system:masters` may do everything, whatever the authorizers say.
/// Reference: Kubernetes documentation, "Authorization".
package struct AccessControl: Sendable {
    /// One value of `--authorization-mode`.
    package enum Mode: String, Sendable, Hashable, CaseIterable {
        case rbac = "RBAC"
        case node = "Node"
        case alwaysAllow = "AlwaysAllow"
        case alwaysDeny = "AlwaysDeny"
    }

    package let modes: [Mode]
    package let roles: RoleIndex
    let nodes: NodeAuthorizer
    private let impersonation = ImpersonationModes()

    package init(_ modes: [Mode], store: Store) {
        self.modes = modes
        roles = RoleIndex(store)
        nodes = NodeAuthorizer(store)
    }

    /// Whether kubelets are held to their own objects.
    package var restrictsNodes: Bool { modes.contains(.node) }

    /// - Throws: 403 in Kubernetes' words.
    package func authorize(_ wanted: AccessAttributes) throws(APIStatus) {
        // The common case needs no words.
        if allows(wanted) { return }
        let decision = decide(wanted)
        if !decision.isAllowed { throw wanted.forbidden(decision.reason) }
    }

    package func allows(_ wanted: AccessAttributes) -> Bool {
        if Self.isMaster(wanted.user) { return true }
        for mode in modes {
            switch mode {
            case .alwaysAllow: return true
            case .rbac: if roles.allows(wanted) { return true }
            case .node: if nodes.decide(wanted).isAllowed { return true }
            case .alwaysDeny: break
            }
        }
        return false
    }

    /// The decision, and why.
    package func decide(_ wanted: AccessAttributes) -> AccessDecision {
        if Self.isMaster(wanted.user) { return .allowed }
        var reasons: [String] = []
        for mode in modes {
            let decision =
                switch mode {
                case .alwaysAllow: AccessDecision.allowed
                case .alwaysDeny: AccessDecision(isAllowed: false, reason: "Everything is forbidden.")
                case .rbac: roles.decide(wanted)
                case .node: nodes.decide(wanted)
                }
            if decision.isAllowed { return decision }
            if !decision.reason.isEmpty { reasons.append(decision.reason) }
        }
        return AccessDecision(isAllowed: false, reason: reasons.joined(separator: "\n"))
    }

    /// What the user may do in the namespace, as far as the authorizers can list it.
    package func rules(for user: UserInfo, in namespace: String) -> AccessRules {
        var result = AccessRules()
        for mode in modes {
            switch mode {
            case .alwaysAllow:
                result.rules.append(PolicyRule(verbs: ["*"], groups: ["*"], resources: ["*"]))
                result.rules.append(PolicyRule(verbs: ["*"], urls: ["*"]))
            case .alwaysDeny: break
            case .rbac:
                let own = roles.rules(for: user, in: namespace)
                result.rules += own.rules
                // One authorizer's errors are one error to the whole.
                if let problem = own.problem { result.problems.append(problem) }
            case .node:
                guard NodeIdentity(user) != nil else { continue }
                result.isIncomplete = true
                result.problems.append("node authorizer does not support user rule resolution")
            }
        }
        return result
    }

    /// The user that a request is made as, if its headers ask to be another than `user`.
    ///
    /// - Parameter wanted: what is to be done, by `user`.
    /// - Throws: 400 for headers that make no sense, 403.
    package func impersonated(
        by user: UserInfo, _ headers: [(name: String, value: String)], _ wanted: @autoclosure () -> AccessAttributes
    ) throws(APIStatus) -> UserInfo {
        guard let other = try WantedUser(headers) else { return user }
        return try impersonation.user(other, for: wanted(), self)
    }

    /// Whether the user may do everything, and need not be asked about.
    package func isUnrestricted(_ user: UserInfo) -> Bool { Self.isMaster(user) }

    static func isMaster(_ user: UserInfo) -> Bool { user.groups.has(UserInfo.mastersGroup) }
}
