package import FairleadAuthorization
import FairleadModel

/// Requests that go on for as long as their client wants, watches apart.
///
/// Reference: k8s.io/apiserver `server/config.go` (LongRunningFunc).
package enum LastingSubresources {
    package static let names: Set<String> = ["attach", "exec", "proxy", "log", "portforward"]
}

extension RequestContext {
    package var hasLastingSubresource: Bool { subresource.map(LastingSubresources.names.contains) ?? false }

    /// What the request wants, in the terms of authorization.
    ///
    /// Reference: k8s.io/apiserver `endpoints/request.RequestInfoFactory`.
    package var access: AccessAttributes {
        guard let path else {
            return AccessAttributes(
                user: user, verb: request.method.rawValue.lowercased(), path: request.path.removingPercentEscapes)
        }
        let verb = self.verb
        var resource = AccessAttributes.Resource(
            group: path.group, version: path.version, resource: path.resource, subresource: path.subresource ?? "",
            namespace: path.namespace ?? "", name: path.name ?? "")
        // A namespace is in itself.
        if path.resource == "namespaces", path.namespace == nil { resource.namespace = resource.name }
        if [.list, .watch, .deletecollection].contains(verb), !path.isWatch {
            resource.fields = fields
            // Reading the one object of that name.
            if verb != .deletecollection, resource.name.isEmpty { resource.name = nameInSelector(resource.fields) }
        }
        return AccessAttributes(user: user, verb: verb == .other ? "" : verb.rawValue, resource)
    }

    private var fields: [FieldSelector.Requirement] {
        guard let text = request.queryValue("fieldSelector"), !text.isEmpty else { return [] }
        // One that cannot be read selects nothing here; the verb answers it with an error.
        return (try? FieldSelector(parsing: text))?.requirements ?? []
    }

    private func nameInSelector(_ fields: [FieldSelector.Requirement]) -> String {
        let exact = fields.first { $0.field == "metadata.name" && $0.op == .equals }
        guard let exact, Pipeline.fault(inName: exact.value) == nil, !exact.value.utf8.contains(UInt8(ascii: "/"))
        else {
            return ""
        }
        return exact.value
    }
}
