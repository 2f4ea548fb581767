/// Who a request is made for, as determined by authentication.
package struct UserInfo: Sendable, Hashable {
    package var name: String
    package var uid: String
    package var groups: [String]
    /// What else the authenticator knows, by key: which pod a token belongs to, and the like.
    package var extra: [String: [String]]

    package init(name: String, uid: String = "", groups: [String] = [], extra: [String: [String]] = [:]) {
        self.name = name
        self.uid = uid
        self.groups = groups
        self.extra = extra
    }

    /// The group of everybody whose credentials were valid.
    package static let authenticatedGroup = "system:authenticated"
    /// The group of those who may do everything.
    package static let mastersGroup = "system:masters"

    /// A user without credentials.
    package static let anonymous = UserInfo(name: "system:anonymous", groups: ["system:unauthenticated"])

    /// The user with the group of everybody whose credentials were valid. Anonymous users have none.
    package var authenticated: UserInfo {
        if name == Self.anonymous.name || groups.contains(Self.authenticatedGroup) { return self }
        if groups.contains("system:unauthenticated") { return self }
        var user = self
        user.groups.append(Self.authenticatedGroup)
        return user
    }

    /// The object `UserInfo` of authentication.k8s.io/v1; what is empty is left out.
    package var value: Value {
        var object = Object()
        if !name.isEmpty { object["username"] = .string(name) }
        if !uid.isEmpty { object["uid"] = .string(uid) }
        if !groups.isEmpty { object["groups"] = .array(groups.map { .string($0) }) }
        if !extra.isEmpty {
            var values = Object()
            for (key, texts) in extra.sorted(by: { $0.key < $1.key }) {
                values[key] = .array(texts.map { .string($0) })
            }
            object["extra"] = .object(values)
        }
        return .object(object)
    }
}
