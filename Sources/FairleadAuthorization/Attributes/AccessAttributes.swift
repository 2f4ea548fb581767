package import FairleadModel

/// What somebody wants to do, as authorization sees it: a verb on objects, or on a path.
///
/// Reference: k8s.io/apiserver `authorization/authorizer.Attributes`.
package struct AccessAttributes: Sendable, Hashable {
    package var user: UserInfo
    /// A word such as `list` for objects; for other paths the HTTP method in lower case.
    package var verb: String
    /// What the verb is done to.
    package var target: Target

    package enum Target: Sendable, Hashable {
        case resource(Resource)
        case path(String)
    }

    /// Objects of the API; what a request does not name is empty.
    package struct Resource: Sendable, Hashable {
        package var group: String
        package var version: String
        package var resource: String
        package var subresource: String
        package var namespace: String
        package var name: String
        /// What the objects of a list or watch have in common.
        package var fields: [FieldSelector.Requirement]

        package init(
            group: String = "", version: String = "*", resource: String, subresource: String = "",
            namespace: String = "", name: String = "", fields: [FieldSelector.Requirement] = []
        ) {
            self.group = group
            self.version = version
            self.resource = resource
            self.subresource = subresource
            self.namespace = namespace
            self.name = name
            self.fields = fields
        }

        /// `pods`, `pods/log`: as rules and messages write it.
        package var combined: String { subresource.isEmpty ? resource : "\(resource)/\(subresource)" }
    }

    package init(user: UserInfo, verb: String, _ resource: Resource) {
        self.user = user
        self.verb = verb
        target = .resource(resource)
    }

    package init(user: UserInfo, verb: String, path: String) {
        self.user = user
        self.verb = verb
        target = .path(path)
    }

    package var resource: Resource? {
        if case .resource(let resource) = target { return resource }
        return nil
    }

    /// Roles in this namespace count, besides those of the cluster.
    package var namespace: String { resource?.namespace ?? "" }

    /// The refusal, in Kubernetes' words.
    ///
    /// - Parameter reason: what an authorizer says about it; may be empty.
    package func forbidden(_ reason: String) -> APIStatus {
        let why = "User \(user.name.goQuoted) cannot \(verb) \(description)" + (reason.isEmpty ? "" : ": \(reason)")
        guard let resource else {
            return APIStatus(
                code: 403, reason: "Forbidden", message: "forbidden: \(why)", details: APIStatus.Details())
        }
        return .forbidden(
            GroupResource(group: resource.group, resource: resource.resource), name: resource.name, why)
    }

    private var description: String {
        switch target {
        case .path(let path): return "path \(path.goQuoted)"
        case .resource(let resource):
            let place =
                resource.namespace.isEmpty ? "at the cluster scope" : "in the namespace \(resource.namespace.goQuoted)"
            return "resource \(resource.combined.goQuoted) in API group \(resource.group.goQuoted) \(place)"
        }
    }
}
