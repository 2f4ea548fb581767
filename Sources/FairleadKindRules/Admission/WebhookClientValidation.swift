import FairleadRules
package import FairleadModel

/// The rules for `clientConfig`, which says where a webhook is.
///
/// Reference: k8s.io/apiserver `pkg/util/webhook/validation.go`.
package enum WebhookClientValidation {
    private static let form = "; desired format: https://host[/path]"

    package static func errors(of client: Value, _ path: FieldPath) -> [FieldError] {
        let url = client["url"]?.string
        let service = client["service"].flatMap { $0.isNull ? nil : $0 }
        switch (url, service) {
        case (nil, nil), (.some, .some):
            return [.required(path, "exactly one of url or service is required")]
        case (let url?, nil): return errors(ofURL: url, path.child("url"))
        case (nil, let service?): return errors(ofService: service, path.child("service"))
        }
    }

    private static func errors(ofURL text: String, _ path: FieldPath) -> [FieldError] {
        let url: WebhookURL
        do throws(WebhookURL.Fault) {
            url = try WebhookURL(text)
        } catch {
            return [.required(path, "url must be a valid URL: \(error.text)\(form)")]
        }
        var errors: [FieldError] = []
        if url.scheme != "https" {
            errors.append(.invalid(path, .string(url.scheme), "'https' is the only allowed URL scheme" + form))
        }
        if url.host.isEmpty { errors.append(.invalid(path, .string(url.host), "host must be specified" + form)) }
        if let user = url.user {
            errors.append(.invalid(path, .string(user), "user information is not permitted in the URL"))
        }
        if !url.fragment.isEmpty {
            errors.append(.invalid(path, .string(url.fragment), "fragments are not permitted in the URL"))
        }
        if !url.query.isEmpty {
            errors.append(.invalid(path, .string(url.query), "query parameters are not permitted in the URL"))
        }
        return errors
    }

    private static func errors(ofService service: Value, _ path: FieldPath) -> [FieldError] {
        var errors: [FieldError] = []
        for field in ["name", "namespace"] where service.text(field).isEmpty {
            errors.append(.required(path.child(field)))
        }
        let port = service["port"]?.int ?? 443
        if !(1...65535).contains(port) {
            errors.append(
                .invalid(path.child("port"), .int(port), "port is not valid: must be between 1 and 65535, inclusive"))
        }
        guard let urlPath = service["path"]?.string, !urlPath.isEmpty else { return errors }
        return errors + Self.errors(ofPath: urlPath, path.child("path"))
    }

    private static func errors(ofPath text: String, _ path: FieldPath) -> [FieldError] {
        if text == "/" { return [] }
        var errors: [FieldError] = []
        if text == "//" { return [.invalid(path, .string(text), "segment[0] may not be empty")] }
        if !text.hasPrefix("/") { errors.append(.invalid(path, .string(text), "must start with a '/'")) }
        let rest = text.hasPrefix("/") ? text.dropFirst() : text[...]
        var steps = rest.split(separator: "/", omittingEmptySubsequences: false)
        if steps.last?.isEmpty == true { steps.removeLast() }
        // A path that does not begin with a slash has an empty step before it, as Kubernetes counts.
        if !text.hasPrefix("/") { errors.append(.invalid(path, .string(text), "segment[0] may not be empty")) }
        for (index, step) in steps.enumerated() {
            if step.isEmpty {
                errors.append(.invalid(path, .string(text), "segment[\(index)] may not be empty"))
                continue
            }
            for fault in NameRules.dns1123Subdomain(String(step)) {
                errors.append(.invalid(path, .string(text), "segment[\(index)]: \(fault)"))
            }
        }
        return errors
    }
}
