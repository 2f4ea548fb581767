package import FairleadModel

/// A write that is about to be made for somebody: what admission may refuse.
package struct WriteAttempt: Sendable {
    package enum Operation: String, Sendable { case create = "CREATE", update = "UPDATE", delete = "DELETE" }

    package var user: UserInfo
    package var operation: Operation
    package var resource: GroupResource
    package var subresource: String
    package var namespace: String
    /// The name of the object; "" for one whose name is still to be generated.
    package var name: String
    /// The name in the path; "" for a POST.
    package var pathName: String
    /// What is to be written; nil for a deletion.
    package var object: Value?
    /// What is there; nil for a creation.
    package var old: Value?

    package init(
        user: UserInfo, operation: Operation, resource: GroupResource, subresource: String = "", namespace: String,
        name: String, pathName: String, object: Value?, old: Value?
    ) {
        self.user = user
        self.operation = operation
        self.resource = resource
        self.subresource = subresource
        self.namespace = namespace
        self.name = name
        self.pathName = pathName
        self.object = object
        self.old = old
    }

    func forbidden(_ why: String) -> APIStatus { .forbidden(resource, name: name, why) }
}

/// Refuses writes, whatever the authorizers allow. Runs after the defaults, before validation.
package protocol WriteGuard: Sendable {
    /// - Throws: 403, mostly.
    func check(_ attempt: WriteAttempt) throws(APIStatus)
}
