import FairleadAPI
import FairleadAuthorization
import FairleadModel

/// The question of `/debug/explain/access`.
enum AccessPage {
    static let about =
        "Why a user may do something, or may not: ?user=&group=&verb=&resource=&namespace=&name=, or &path=."

    /// The most groups that a question may name.
    private static let mostGroups = 100

    static func question(_ request: APIRequest) throws(APIStatus) -> AccessAttributes {
        func value(_ name: String) -> String { request.queryValue(name) ?? "" }
        let groups = request.query.filter { $0.name == "group" }.map(\.value)
        guard groups.count <= mostGroups else { throw .badRequest("at most \(mostGroups) groups are wanted") }
        guard !value("user").isEmpty || !groups.isEmpty else {
            throw .badRequest("who is meant? user=NAME or group=NAME is wanted")
        }
        guard !value("verb").isEmpty else {
            throw .badRequest("what is to be done? verb=WORD is wanted, as in verb=get")
        }
        var user = UserInfo(name: value("user"), groups: groups)
        if let account = ServiceAccountName(user: user.name) {
            for group in account.groups where !groups.contains(group) {
                user.groups.append(group)
            }
        }
        if !user.name.isEmpty { user = user.authenticated }
        if !value("path").isEmpty { return AccessAttributes(user: user, verb: value("verb"), path: value("path")) }
        guard !value("resource").isEmpty else {
            throw .badRequest("to what? resource=NAME or path=PATH is wanted, as in resource=deployments.apps")
        }
        // As kubectl writes them: pods, pods/log, deployments.apps, deployments.apps/scale.
        let parts = value("resource").split(separator: "/", maxSplits: 1).map(String.init)
        let words = (parts.first ?? "").split(separator: ".", maxSplits: 1).map(String.init)
        return AccessAttributes(
            user: user, verb: value("verb"),
            AccessAttributes.Resource(
                group: words.count > 1 ? words[1] : "", resource: words.first ?? "",
                subresource: parts.count > 1 ? parts[1] : "", namespace: value("namespace"), name: value("name")))
    }
}
