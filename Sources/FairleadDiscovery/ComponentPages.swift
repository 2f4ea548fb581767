import FairleadAPI
package import FairleadModel

/// `/statusz` and `/flagz`: the state of the process and its flags, as text for people or as a structured document.
///
/// Reference: Kubernetes z-pages; k8s.io/apiserver `server/statusz` and `server/flagz`.
package struct ComponentPages: Sendable {
    private let flags: [String: String]
    private let start: Timestamp
    private let now: @Sendable () -> Timestamp
    private let version: ServerVersion

    private static let component = "kube-apiserver"
    private static let group = "config.k8s.io"
    private static let warning =
        "Warning: This endpoint is not meant to be machine parseable, has no formatting compatibility guarantees and is for debugging purposes only.\n"
    /// Folders that `/statusz` does not list: they are for programs.
    private static let unlisted: Set<Substring> = ["api", "apis", "openapi"]

    /// - Parameters:
    ///   - flags: by name, without dashes.
    ///   - start: when the process started.
    package init(
        flags: [String: String], start: Timestamp, now: @escaping @Sendable () -> Timestamp,
        version: ServerVersion = ServerVersion()
    ) {
        self.flags = flags
        self.start = start
        self.now = now
        self.version = version
    }

    /// nil if the path is not one of these. Any method is accepted.
    func respond(to request: APIRequest) -> APIResponse? {
        switch request.path {
        case "/statusz": answer(request, kind: "Statusz", statusText, status)
        case "/flagz": answer(request, kind: "Flagz", flagText, flagObject)
        default: nil
        }
    }

    private func answer(
        _ request: APIRequest, kind: String, _ text: () -> String, _ object: () -> [(String, Value)]
    ) -> APIResponse {
        let accept = request.header("Accept")?.trimmingSpaces ?? ""
        if accept.isEmpty { return .text(200, text()) }
        for range in MediaRange.parse(accept) {
            switch range.type {
            case "text/plain", "text/*", "*/*":
                if range.parameters["as"] == nil {
                    return APIResponse(status: 200, contentType: "text/plain", body: [Array(text().utf8)])
                }
            case "application/json", "application/yaml", "application/*":
                guard range.parameters["g"] == Self.group, range.parameters["as"] == kind,
                    let version = range.parameters["v"], ["v1alpha1", "v1beta1"].contains(version)
                else { continue }
                let value = Value.object(
                    Object(
                        [
                            ("kind", .string(kind)), ("apiVersion", .string("\(Self.group)/\(version)")),
                            ("metadata", ["name": .string(Self.component)]),
                        ] + object()))
                let isYAML = range.type == "application/yaml"
                return APIResponse(
                    status: 200, contentType: isYAML ? range.type : "application/json",
                    body: [isYAML ? YAML.encode(value) : value.jsonBytes])
            default: continue
            }
        }
        let status = APIStatus(
            code: 406, reason: "NotAcceptable",
            message: "only the following media types are accepted: application/json, application/yaml, text/plain")
        return APIResponse(status: 406, contentType: "application/json", body: [status.value.jsonBytes])
    }

    // MARK: /statusz

    private var uptime: Int64 { max(0, now().seconds -| start.seconds) }
    private var binaryVersion: String { String(version.gitVersion.drop { $0 == "v" }) }
    private var emulationVersion: String { "\(version.major).\(version.minor)" }
    private var paths: [String] {
        let folders = DiscoveryEndpoint.plainPaths.map { $0.split(separator: "/")[0] }
        return Set(folders).subtracting(Self.unlisted).sorted().map { "/" + $0 }
    }

    private func status() -> [(String, Value)] {
        [
            ("startTime", .string(start.rfc3339)), ("uptimeSeconds", .int(uptime)),
            ("goVersion", .string(ServerVersion.goVersion)), ("binaryVersion", .string(binaryVersion)),
            ("emulationVersion", .string(emulationVersion)), ("paths", .array(paths.map { .string($0) })),
        ]
    }

    private func statusText() -> String {
        func padded(_ number: Int64) -> String { number < 10 ? "0\(number)" : "\(number)" }
        let up = "\(uptime / 3600) hr \(padded(uptime / 60 % 60)) min \(padded(uptime % 60)) sec"
        return "\n\(Self.component) statusz\n" + Self.warning + """

            Started: \(start.unixDate)
            Up: \(up)
            Go version: \(ServerVersion.goVersion)
            Binary version: \(binaryVersion)
            Emulation version: \(emulationVersion)
            Paths: \(paths.joined(separator: " "))

            """
    }

    // MARK: /flagz

    private func flagObject() -> [(String, Value)] {
        if flags.isEmpty { return [] }
        return [("flags", .object(Object(flags.map { ($0.key, .string($0.value)) })))]
    }

    private func flagText() -> String {
        let lines = flags.sorted { $0.key < $1.key }.map { "\($0.key): \($0.value)\n" }
        return "\n\(Self.component) flagz\n" + Self.warning + lines.joined()
    }
}

extension Timestamp {
    /// The format of `date`: `Mon Jan  2 15:04:05 UTC 2006`.
    fileprivate var unixDate: String {
        let days = ["Mon", "Tue", "Wed", "Thu", "Fri", "Sat", "Sun"]
        let months = ["Jan", "Feb", "Mar", "Apr", "May", "Jun", "Jul", "Aug", "Sep", "Oct", "Nov", "Dec"]
        // `2006-01-02T15:04:05Z`
        let parts = rfc3339.split { "-T:Z".contains($0) }.map(String.init)
        guard parts.count == 6, let month = Int(parts[1]), (1...12).contains(month), let day = Int(parts[2]) else {
            return rfc3339
        }
        // 1 January 1970 was a Thursday.
        let weekday = days[Int((seconds / 86_400 % 7 + 10) % 7)]
        let time = parts[3...].joined(separator: ":")
        return "\(weekday) \(months[month - 1]) \(day < 10 ? " " : "")\(day) \(time) UTC \(parts[0])"
    }
}
