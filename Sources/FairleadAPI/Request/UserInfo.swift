/// Who a request is made for, as determined by authentication.
package struct UserInfo: Sendable, Hashable {
    package var name: String
    package var uid: String
    package var groups: [String]

    package init(name: String, uid: String = "", groups: [String] = []) {
        self.name = name
        self.uid = uid
        self.groups = groups
    }

    /// A user without credentials.
    package static let anonymous = UserInfo(name: "system:anonymous", groups: ["system:unauthenticated"])
}
