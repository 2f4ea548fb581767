package import FairleadAPI

/// What operators ask of the process itself: health, metrics and the component's status pages.
///
/// Reference: Kubernetes, "Kubernetes API health endpoints".
package struct OperationsEndpoint: PageSource {
    /// One named condition for the process to be healthy.
    package struct Check: Sendable {
        package var name: String
        /// nil while it works, else what is wrong.
        package var failure: @Sendable () -> String?
        /// What deserves attention although the check passes; nil if nothing does.
        package var note: @Sendable () -> String?

        package init(
            _ name: String, note: @escaping @Sendable () -> String? = { nil },
            _ failure: @escaping @Sendable () -> String?
        ) {
            self.name = name
            self.failure = failure
            self.note = note
        }
    }

    private let live: [Check]
    private let ready: [Check]
    private let metrics: @Sendable () -> String
    private let pages: ComponentPages?

    /// Checks of kube-apiserver for things that do not exist here: they pass whenever they are requested by name.
    static let impliedChecks = [
        "healthz": ["etcd", "log", bootstrapRoles], "livez": ["etcd", "log", bootstrapRoles],
        "readyz": ["informer-sync", "log", "shutdown", bootstrapRoles],
    ]
    private static let bootstrapRoles = "poststarthook/rbac/bootstrap-roles"

    /// - Parameters:
    ///   - live: the checks of `/livez` and `/healthz`, besides `ping`.
    ///   - ready: the checks of `/readyz`, besides `ping`. Not every liveness check is available under `/readyz`:
    ///     kube-apiserver has no `/readyz/etcd`.
    ///   - metrics: the text of `/metrics` in the Prometheus exposition format.
    package init(
        live: [Check], ready: [Check], pages: ComponentPages? = nil, metrics: @escaping @Sendable () -> String
    ) {
        let ping = Check("ping") { nil }
        self.live = [ping] + live
        self.ready = [ping] + ready
        self.metrics = metrics
        self.pages = pages
    }

    /// nil if the path is not one of these.
    package func respond(to request: APIRequest) -> APIResponse? {
        if let page = pages?.respond(to: request) { return page }
        guard
            request.path.hasPrefix("/healthz") || request.path.hasPrefix("/livez") || request.path.hasPrefix("/readyz")
                || request.path == "/metrics"
        else { return nil }
        let parts = request.path.split(separator: "/", omittingEmptySubsequences: false).dropFirst().map(String.init)
        switch parts[0] {
        case "metrics" where parts.count == 1:
            return APIResponse(
                status: 200, contentType: "text/plain; version=0.0.4; charset=utf-8", body: [Array(metrics().utf8)])
        case "healthz": return health("healthz", live, Array(parts.dropFirst()), request)
        case "livez": return health("livez", live, Array(parts.dropFirst()), request)
        case "readyz": return health("readyz", ready, Array(parts.dropFirst()), request)
        default: return nil
        }
    }

    private func health(_ name: String, _ checks: [Check], _ rest: [String], _ request: APIRequest) -> APIResponse? {
        if !rest.isEmpty {
            let wanted = rest.joined(separator: "/")
            if let check = checks.first(where: { $0.name == wanted }) {
                guard let failure = check.failure() else { return .text(200, "ok") }
                return .text(500, "internal server error: \(failure)\n")
            }
            return Self.impliedChecks[name]?.contains(wanted) == true ? .text(200, "ok") : nil
        }
        let excluded = Set(request.query.filter { $0.name == "exclude" }.map(\.value))
        var lines = ""
        var failed: [String] = []
        for check in checks {
            if excluded.contains(check.name) {
                lines += "[+]\(check.name) excluded: ok\n"
            } else if let failure = check.failure() {
                // kube-apiserver withholds the reason from unauthenticated clients; here everyone may do anything.
                let reason = failure.split(whereSeparator: \.isNewline).joined(separator: "; ")
                lines += "[-]\(check.name) failed: \(reason)\n"
                failed.append(check.name)
            } else {
                lines += "[+]\(check.name) ok" + (check.note().map { ": \($0)" } ?? "") + "\n"
            }
        }
        let unknown = excluded.subtracting(checks.map(\.name)).subtracting(Self.impliedChecks[name] ?? []).sorted()
        if !unknown.isEmpty {
            let list = unknown.map { "\"\($0)\"" }.joined(separator: ", ")
            lines += "warn: some health checks cannot be excluded: no matches for \(list)\n"
        }
        guard failed.isEmpty else { return .text(500, lines + "\(name) check failed\n") }
        let isVerbose = request.query.contains { $0.name == "verbose" }
        var response = APIResponse.text(200, isVerbose ? lines + "\(name) check passed\n" : "ok")
        response.headers.append((name: "X-Content-Type-Options", value: "nosniff"))
        return response
    }
}
