package import FairleadModel

/// The query of `GET …/pods/<name>/log` (core/v1 PodLogOptions).
package struct PodLogOptions: Sendable {
    package var container = ""
    package var follows = false
    package var tailLines: Int?
    package var sinceSeconds: Int64?
    package var sinceTime: Timestamp?
    package var showsTimestamps = false
    package var isPrevious = false
    package var limitBytes: Int?

    /// - Throws: 400 for values that do not parse, 422 for those that are not allowed.
    init(_ request: APIRequest, pod: String) throws(APIStatus) {
        var errors: [FieldError] = []
        for (name, value) in request.query where !value.isEmpty {
            switch name {
            case "container": container = value
            case "follow": follows = QueryValue.bool(value)
            case "previous": isPrevious = QueryValue.bool(value)
            case "timestamps": showsTimestamps = QueryValue.bool(value)
            case "tailLines":
                let count = try QueryValue.integer(value) ?? 0
                if count < 0 {
                    errors.append(.invalid(FieldPath(name), .int(count), "must be greater than or equal to 0"))
                }
                tailLines = Int(count)
            case "limitBytes":
                let count = try QueryValue.integer(value) ?? 0
                if count < 1 { errors.append(.invalid(FieldPath(name), .int(count), "must be greater than 0")) }
                limitBytes = Int(count)
            case "sinceSeconds":
                let count = try QueryValue.integer(value) ?? 0
                if count < 1 { errors.append(.invalid(FieldPath(name), .int(count), "must be greater than 0")) }
                sinceSeconds = count
            case "sinceTime": sinceTime = Timestamp(rfc3339: value)
            default: break
            }
        }
        if sinceSeconds != nil, sinceTime != nil {
            errors = [
                FieldError(
                    .forbidden, field: "[]", printedValue: nil,
                    detail: "at most one of `sinceTime` or `sinceSeconds` may be specified")
            ]
        }
        if !errors.isEmpty { throw .invalid(group: "", kind: "PodLogOptions", name: pod, errors: errors) }
    }

    /// The container meant: the one named, or the only one.
    /// - Throws: 400 where there are several and none is named, or there is none of that name.
    func container(in pod: Value, name: String) throws(APIStatus) -> String {
        let lists = ["initContainers", "containers", "ephemeralContainers"]
        let all = lists.flatMap { pod.at("spec", $0)?.array ?? [] }.compactMap { $0["name"]?.string }
        let plain = (pod.at("spec", "containers")?.array ?? []).compactMap { $0["name"]?.string }
        if container.isEmpty {
            if plain.count == 1, let only = plain.first { return only }
            if let preferred = pod.annotations["kubectl.kubernetes.io/default-container"], plain.contains(preferred) {
                return preferred
            }
            throw .badRequest(
                "a container name must be specified for pod \(name), choose one of: [\(all.joined(separator: " "))]")
        }
        guard all.contains(container) else {
            throw .badRequest("container \(container) is not valid for pod \(name)")
        }
        return container
    }
}
