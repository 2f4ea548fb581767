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
        var choosesStream = false
        var seen: Set<String> = []
        for (name, value) in request.query {
            if name == "stream" { choosesStream = true }
            // Of a repeated name, the first value counts.
            guard seen.insert(name).inserted, !value.isEmpty else { continue }
            switch name {
            case "container": container = value
            case "follow": follows = QueryValue.bool(value)
            case "previous": isPrevious = QueryValue.bool(value)
            case "timestamps": showsTimestamps = QueryValue.bool(value)
            case "tailLines": tailLines = try QueryValue.integer(value).map { Int($0) }
            case "limitBytes": limitBytes = try QueryValue.integer(value).map { Int($0) }
            case "sinceSeconds": sinceSeconds = try QueryValue.integer(value)
            case "sinceTime": sinceTime = try QueryValue.time(value)
            default: break
            }
        }
        var errors: [FieldError] = []
        if let count = tailLines, count < 0 {
            errors.append(
                .invalid(FieldPath("tailLines"), .int(Int64(count)), "must be greater than or equal to 0"))
        }
        if let count = limitBytes, count < 1 {
            errors.append(.invalid(FieldPath("limitBytes"), .int(Int64(count)), "must be greater than 0"))
        }
        if sinceSeconds != nil, sinceTime != nil {
            errors.append(
                FieldError(
                    .forbidden, field: "[]", printedValue: nil,
                    detail: "at most one of `sinceTime` or `sinceSeconds` may be specified"))
        } else if let count = sinceSeconds, count < 1 {
            errors.append(.invalid(FieldPath("sinceSeconds"), .int(count), "must be greater than 0"))
        }
        // PodLogsQuerySplitStreams is not on by default.
        if choosesStream { errors.append(.forbidden(FieldPath("stream"), "may not be specified")) }
        if !errors.isEmpty { throw .invalid(group: "", kind: "PodLogOptions", name: pod, errors: errors) }
    }

    /// The selected container: the one named, or the only one.
    /// - Throws: 400 if there are several and none is named, or if there is none of that name.
    func container(in pod: Value) throws(APIStatus) -> String { try Self.container(container, in: pod) }

    /// - Parameter wanted: the name of a container, or empty.
    static func container(_ wanted: String, in pod: Value) throws(APIStatus) -> String {
        func names(_ list: String) -> [String] {
            (pod.at("spec", list)?.array ?? []).compactMap { $0["name"]?.string }
        }
        let plain = names("containers")
        let early = names("initContainers")
        if wanted.isEmpty {
            if plain.count == 1 { return plain[0] }
            let words = "a container name must be specified for pod \(pod.name)"
            if plain.isEmpty { throw .badRequest(words) }
            let choice = words + ", choose one of: [\(plain.joined(separator: " "))]"
            if early.isEmpty { throw .badRequest(choice) }
            throw .badRequest(choice + " or one of the init containers: [\(early.joined(separator: " "))]")
        }
        guard (plain + early + names("ephemeralContainers")).contains(wanted) else {
            throw .badRequest("container \(wanted) is not valid for pod \(pod.name)")
        }
        return wanted
    }
}
