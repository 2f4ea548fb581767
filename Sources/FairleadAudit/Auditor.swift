package import FairleadAPI
package import FairleadAuthorization
package import FairleadModel

/// The audit log of a server: which requests are written down, and what of them.
///
/// Reference: Kubernetes documentation, "Auditing"; k8s.io/apiserver `endpoints/filters/audit.go`.
package struct Auditor: RequestAuditor {
    private let policy: AuditPolicy
    private let log: AuditLog
    private let environment: Environment

    package init(policy: AuditPolicy, log: AuditLog, environment: Environment) {
        self.policy = policy
        self.log = log
        self.environment = environment
    }

    package func begin(_ context: RequestContext) throws(APIStatus) -> (any AuditTrail)? {
        guard let event = event(context, user: context.user) else { return nil }
        if log.mode == .blockingStrict, !log.hasRoom { throw .internalError("failed to store audit event") }
        let trail = RequestTrail(
            event, body: body(of: context.request, event), notes: context.notes, log: log, now: environment.now)
        trail.wasReceived()
        return trail
    }

    package func refused(_ context: RequestContext) -> (any AuditTrail)? {
        guard let event = event(context, user: nil) else { return nil }
        return RequestTrail(
            event, notes: nil, log: log, now: environment.now, refusal: Self.attempts(context.request))
    }

    /// Which credentials were not valid.
    private static func attempts(_ request: APIRequest) -> String {
        var methods: [String] = []
        let scheme = (request.header("Authorization") ?? "").prefix { $0 != " " }.lowercased()
        if scheme == "basic" || scheme == "bearer" { methods.append(scheme) }
        if request.peer?.certificate != nil || request.peer?.hasBadCertificate ?? false { methods.append("x509") }
        return "Authentication failed, "
            + (methods.isEmpty ? "no credentials provided" : "attempted: \(methods.joined(separator: ", "))")
    }

    package func component(
        _ wanted: AccessAttributes, agent: String, _ object: Value?, notes: AdmissionNotes
    ) -> (any AuditTrail)? {
        let verdict = policy.verdict(on: wanted)
        guard verdict.level > .none else { return nil }
        let now = environment.now()
        var event = AuditEvent(
            verdict: verdict, auditID: environment.newUID(), uri: wanted.uri, verb: wanted.verb, received: now, at: now)
        event.user = wanted.user
        event.userAgent = agent
        event.resource = wanted.resource
        event.request = object.map { .value($0) }
        let trail = RequestTrail(event, notes: notes, log: log, now: environment.now)
        trail.wasReceived()
        return trail
    }

    /// - Returns: nil if the policy does not want one.
    private func event(_ context: RequestContext, user: UserInfo?) -> AuditEvent? {
        var wanted = context.access
        if user == nil { wanted.user = UserInfo(name: "") }
        let verdict = policy.verdict(on: wanted)
        guard verdict.level > .none else { return nil }
        let request = context.request
        let now = environment.now()
        var event = AuditEvent(
            verdict: verdict, auditID: context.auditID,
            uri: request.target.hasPrefix("/") ? request.target : request.path, verb: wanted.verb, received: now,
            at: now)
        event.user = user
        event.resource = wanted.resource
        event.sources = SourceAddresses.of(request)
        event.userAgent = Self.agent(request.header("User-Agent") ?? "")
        return event
    }

    /// What an event may show of what was sent.
    private func body(of request: APIRequest, _ event: AuditEvent) -> AuditBody? {
        // At the level Metadata, a body only says what the path does not.
        let mostBytes = event.verdict.level < .request ? Self.largestNamingBody : .max
        guard !request.body.isEmpty, request.body.count <= mostBytes, event.resource != nil else { return nil }
        return .bytes([request.body], type: Self.mediaType(request.header("Content-Type") ?? ""))
    }

    private static let longestAgent = 1024
    private static let largestNamingBody = 256 << 10

    private static func agent(_ text: String) -> String {
        guard text.utf8.count > longestAgent else { return text }
        return String(decoding: text.utf8.prefix(longestAgent), as: UTF8.self) + "...TRUNCATED"
    }

    static func mediaType(_ header: String) -> String {
        header.prefix { $0 != ";" }.lowercased().trimmingSpaces
    }
}

extension AccessAttributes {
    /// The path that a client would ask for.
    fileprivate var uri: String {
        guard let resource else { return "/" }
        var parts = resource.group.isEmpty ? ["api"] : ["apis", resource.group]
        parts.append(resource.version)
        if !resource.namespace.isEmpty, resource.resource != "namespaces" {
            parts += ["namespaces", resource.namespace]
        }
        parts.append(resource.resource)
        for part in [resource.name, resource.subresource] where !part.isEmpty { parts.append(part) }
        return "/" + parts.joined(separator: "/")
    }
}
