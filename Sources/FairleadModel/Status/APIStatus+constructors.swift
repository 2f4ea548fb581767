extension APIStatus {
    package static func notFound(_ resource: GroupResource, name: String) -> APIStatus {
        APIStatus(
            code: 404, reason: "NotFound", message: "\(resource) \(name.goQuoted) not found",
            details: Details(name: name, group: resource.group, kind: resource.resource))
    }

    /// The answer for a path whose group, version or resource is not served.
    package static let unknownResource = APIStatus(
        code: 404, reason: "NotFound", message: "the server could not find the requested resource",
        details: Details())

    package static func alreadyExists(_ resource: GroupResource, name: String) -> APIStatus {
        APIStatus(
            code: 409, reason: "AlreadyExists", message: "\(resource) \(name.goQuoted) already exists",
            details: Details(name: name, group: resource.group, kind: resource.resource))
    }

    package static func conflict(_ resource: GroupResource, name: String, _ why: String) -> APIStatus {
        APIStatus(
            code: 409, reason: "Conflict",
            message: "Operation cannot be fulfilled on \(resource) \(name.goQuoted): \(why)",
            details: Details(name: name, group: resource.group, kind: resource.resource))
    }

    /// A conflict of optimistic concurrency control.
    package static func modified(_ resource: GroupResource, name: String) -> APIStatus {
        conflict(
            resource, name: name,
            "the object has been modified; please apply your changes to the latest version and try again")
    }

    package static func forbidden(_ resource: GroupResource, name: String, _ why: String) -> APIStatus {
        let subject = name.isEmpty ? "\(resource)" : "\(resource) \(name.goQuoted)"
        return APIStatus(
            code: 403, reason: "Forbidden", message: "\(subject) is forbidden: \(why)",
            details: Details(name: name, group: resource.group, kind: resource.resource))
    }

    /// The maximum size of the errors in one answer, in bytes. Kubernetes has no such limit, but a body with an error
    /// in every three bytes would get an answer of hundreds of megabytes.
    package static let maximumErrorText = 1 << 20

    package static func invalid(group: String, kind: String, name: String, errors: [FieldError]) -> APIStatus {
        var causes: [Cause] = []
        // As in an aggregate error, each distinct message is printed once.
        var texts: [String] = []
        var printed: Set<String> = []
        var size = 0
        for error in errors {
            let field = error.field.isEmpty ? "<nil>" : error.field
            let body = error.body
            causes.append(Cause(reason: error.kind.rawValue, message: body, field: field))
            let text = field + ": " + body
            if printed.insert(text).inserted { texts.append(text) }
            size += text.utf8.count
            if size > maximumErrorText { break }
        }
        if causes.count < errors.count { texts.append("and \(errors.count - causes.count) more") }
        let qualified = group.isEmpty ? kind : "\(kind).\(group)"
        let list = texts.count == 1 ? texts[0] : "[" + texts.joined(separator: ", ") + "]"
        return APIStatus(
            code: 422, reason: "Invalid", message: "\(qualified) \(name.goQuoted) is invalid: \(list)",
            details: Details(name: name, group: group, kind: kind, causes: causes))
    }

    package static func badRequest(_ message: String) -> APIStatus {
        APIStatus(code: 400, reason: "BadRequest", message: message)
    }

    package static func internalError(_ message: String) -> APIStatus {
        APIStatus(
            code: 500, reason: "InternalError", message: "Internal error occurred: \(message)",
            details: Details(causes: [Cause(reason: "", message: message, field: "")]))
    }

    package static func expired(_ message: String) -> APIStatus {
        APIStatus(code: 410, reason: "Expired", message: message)
    }

    package static func methodNotAllowed() -> APIStatus {
        APIStatus(
            code: 405, reason: "MethodNotAllowed",
            message: "the server does not allow this method on the requested resource", details: Details())
    }
}
