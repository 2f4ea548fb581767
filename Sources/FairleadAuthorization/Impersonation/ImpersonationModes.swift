import FairleadModel
import Synchronization

/// The ways in which a user may be allowed to act as another.
///
/// The verb `impersonate` allows it for every request. Since v1.35 there are narrower ways: `impersonate:MODE` on the
/// user, together with `impersonate-on:MODE:VERB` on what is to be done. They are tried first, except by users for whom
/// another way has worked before; a refusal is that of the first way tried.
/// Reference: KEP-5284, constrained impersonation.
final class ImpersonationModes: Sendable {
    private enum Mode: Int, CaseIterable, Sendable {
        case associatedNode, arbitraryNode, serviceAccount, userInfo, anything

        var name: String {
            switch self {
            case .associatedNode: "associated-node"
            case .arbitraryNode: "arbitrary-node"
            case .serviceAccount: "serviceaccount"
            case .userInfo: "user-info"
            case .anything: ""
            }
        }

        var isConstrained: Bool { self != .anything }
        /// The verb that allows to be the user.
        var verb: String { isConstrained ? "impersonate:\(name)" : "impersonate" }
    }

    private static let authentication = "authentication.k8s.io"
    /// So many values are checked together first, as `*`.
    private static let many = 4
    private static let mostUsers = 10_000

    /// What has worked last, by user name.
    private let last = Mutex<[ByteText: Mode]>([:])

    /// - Throws: 403.
    func user(_ other: WantedUser, for wanted: AccessAttributes, _ access: AccessControl) throws(APIStatus) -> UserInfo
    {
        let requester = ByteText(wanted.user.name)
        let known = last.withLock { $0[requester] }
        var refusal: APIStatus?
        for mode in [known].compactMap({ $0 }) + Mode.allCases.filter({ $0 != known }) {
            do throws(APIStatus) {
                guard let user = try user(other, by: mode, for: wanted, access) else { continue }
                if mode != known { remember(mode, of: requester) }
                return user
            } catch {
                if refusal == nil { refusal = error }
            }
        }
        throw refusal ?? .internalError("all impersonation modes failed")
    }

    private func remember(_ mode: Mode, of requester: ByteText) {
        last.withLock { last in
            if last.count >= Self.mostUsers { last.removeAll() }
            last[requester] = mode
        }
    }

    /// - Returns: nil if such users cannot be impersonated in this way.
    private func user(
        _ other: WantedUser, by mode: Mode, for wanted: AccessAttributes, _ access: AccessControl
    ) throws(APIStatus) -> UserInfo? {
        guard Self.fits(mode, other, wanted.user) else { return nil }
        if mode.isConstrained {
            var constrained = wanted
            constrained.verb = "impersonate-on:\(mode.name):\(wanted.verb)"
            try access.authorize(constrained)
        }
        let check = Check(mode: mode, requester: wanted.user, access: access)
        var user = UserInfo(name: other.name, uid: other.uid, groups: other.groups, extra: other.extra)
        try check.name(other, &user)
        if !other.uid.isEmpty { try check.value("uids", other.uid) }
        try check.groups(other.groups)
        try check.extra(other.extra)
        if user.name == UserInfo.anonymous.name {
            for group in UserInfo.anonymous.groups where !user.groups.has(group) { user.groups.append(group) }
            return user
        }
        return user.authenticated
    }

    private static func fits(_ mode: Mode, _ other: WantedUser, _ requester: UserInfo) -> Bool {
        let node = SystemNames.node(other.name)
        let account = ServiceAccountName(user: other.name)
        switch mode {
        case .associatedNode:
            let own = requester.extra["authentication.kubernetes.io/node-name"] ?? []
            return other.isOnlyName && node != nil && ServiceAccountName(user: requester.name) != nil
                && own.count == 1 && own.first == node
        case .arbitraryNode: return other.isOnlyName && node != nil
        case .serviceAccount: return other.isOnlyName && account != nil
        case .userInfo: return node == nil && account == nil
        case .anything: return true
        }
    }

    /// The checks of one way, on each part of the user.
    private struct Check {
        let mode: Mode
        let requester: UserInfo
        let access: AccessControl

        /// The group of users, groups and accounts; other parts have always been in that of authentication.
        private var group: String { mode.isConstrained ? authentication : "" }

        func name(_ other: WantedUser, _ user: inout UserInfo) throws(APIStatus) {
            if mode.isConstrained, let node = SystemNames.node(other.name) {
                user.groups = ["system:nodes"]
                // Whoever may be their own node may be so on every node.
                return try ask(.init(group: group, resource: "nodes", name: mode == .associatedNode ? "*" : node))
            }
            if let account = ServiceAccountName(user: other.name) {
                if other.groups.isEmpty { user.groups = account.groups }
                return try ask(
                    .init(group: group, resource: "serviceaccounts", namespace: account.namespace, name: account.name))
            }
            try ask(.init(group: group, resource: "users", name: other.name))
        }

        func value(_ resource: String, _ name: String) throws(APIStatus) {
            try ask(.init(group: authentication, resource: resource, name: name))
        }

        func groups(_ groups: [String]) throws(APIStatus) {
            if groups.isEmpty { return }
            if mode.isConstrained {
                if groups.has("") {
                    throw attributes(.init(group: group, resource: "groups"))
                        .forbidden("impersonating the empty string group is not allowed")
                }
                if groups.has(UserInfo.mastersGroup) {
                    throw attributes(.init(group: group, resource: "groups", name: UserInfo.mastersGroup))
                        .forbidden("impersonating the system:masters group is not allowed")
                }
                let all = attributes(.init(group: group, resource: "groups", name: "*"))
                if groups.count >= many, access.allows(all) { return }
            }
            for name in groups { try ask(.init(group: group, resource: "groups", name: name)) }
        }

        func extra(_ extra: [String: [String]]) throws(APIStatus) {
            if extra.isEmpty { return }
            let resource = AccessAttributes.Resource(group: authentication, resource: "userextras")
            if mode.isConstrained {
                if let fault = Self.fault(of: extra) { throw attributes(resource).forbidden(fault) }
                var all = resource
                all.subresource = "*"
                all.name = "*"
                let count = extra.values.reduce(0) { $0 + $1.count }
                if count >= many || extra.count >= many, access.allows(attributes(all)) { return }
            }
            for (key, values) in extra.sorted(by: { $0.key.isBefore($1.key) }) {
                for value in values {
                    var one = resource
                    one.subresource = key
                    one.name = value
                    try ask(one)
                }
            }
        }

        /// What only the narrower ways refuse.
        private static func fault(of extra: [String: [String]]) -> String? {
            for (key, values) in extra.sorted(by: { $0.key.isBefore($1.key) }) {
                if key.isEmpty { return "impersonating the empty string key in extra is not allowed" }
                if values.has("") { return "impersonating the empty string value in extra is not allowed" }
            }
            return nil
        }

        private func attributes(_ resource: AccessAttributes.Resource) -> AccessAttributes {
            AccessAttributes(user: requester, verb: mode.verb, resource)
        }

        private func ask(_ resource: AccessAttributes.Resource) throws(APIStatus) {
            try access.authorize(attributes(resource))
        }
    }
}
