package import FairleadAuthorization
package import FairleadContainers
package import FairleadIdentity
import FairleadKinds
package import FairleadModel

/// The path of a request: HTTP in, HTTP out.
///
/// `handle` returns without blocking, within about 0.2 ms. Small reads are answered at once from the current snapshot;
/// what must wait for a commit comes back as `deferred`, and expensive work as `computed` (`RequestWeight`). Every
/// failure is a Kubernetes Status in the requested format.
///
/// The stages in order: identify (`RequestContext`), authenticate, audit, limit (`RequestLimiter`), authorize, then the verb
/// (`dispatch`), then finish.
package struct Pipeline: Sendable {
    /// What it consists of: shared, since every request's work refers to it.
    private final class Parts: Sendable {
        let api: API
        let documents: any PageSource
        let operations: any PageSource
        let issuer: any PageSource
        let authenticator: any Authenticator
        let tokens: TokenAuthority?
        let access: AccessControl
        let limiter: any RequestLimiter
        let podLogs: PodLogSource
        let pods: (any PodAccess)?
        let nodePages: NodePageSource
        let resourceMetrics: ResourceMetrics?
        let components: Set<String>
        let remote: any RemoteAPIs
        let passing = PassingLimit()
        let debug: DebugSource

        init(
            _ api: API, _ documents: any PageSource, _ operations: any PageSource, _ issuer: any PageSource,
            _ authenticator: any Authenticator, _ tokens: TokenAuthority?, _ access: AccessControl,
            _ limiter: any RequestLimiter, _ podLogs: @escaping PodLogSource, _ pods: (any PodAccess)?,
            _ nodePages: @escaping NodePageSource, _ resourceMetrics: ResourceMetrics?, _ components: Set<String>,
            _ remote: any RemoteAPIs, _ debug: @escaping DebugSource
        ) {
            self.api = api
            self.documents = documents
            self.operations = operations
            self.issuer = issuer
            self.authenticator = authenticator
            self.tokens = tokens
            self.access = access
            self.limiter = limiter
            self.podLogs = podLogs
            self.pods = pods
            self.nodePages = nodePages
            self.resourceMetrics = resourceMetrics
            self.components = components
            self.remote = remote
            self.debug = debug
        }
    }

    private let parts: Parts

    var api: API { parts.api }
    /// Discovery and schemas, computed.
    var documents: any PageSource { parts.documents }
    /// Health and metrics, at once.
    var operations: any PageSource { parts.operations }
    /// How others check ServiceAccount tokens.
    var issuer: any PageSource { parts.issuer }
    var authenticator: any Authenticator { parts.authenticator }
    /// Issues tokens for ServiceAccounts; nil if nobody does.
    var tokens: TokenAuthority? { parts.tokens }
    /// Who may do what.
    var access: AccessControl { parts.access }
    var limiter: any RequestLimiter { parts.limiter }
    /// The lines that a container of a pod has logged, where `pods` has none.
    var podLogs: PodLogSource { parts.podLogs }
    /// The door to simulated containers; nil if there is none.
    var pods: (any PodAccess)? { parts.pods }
    /// What the kubelet of a node answers.
    var nodePages: NodePageSource { parts.nodePages }
    /// What serves metrics.k8s.io; nil if nobody does.
    var resourceMetrics: ResourceMetrics? { parts.resourceMetrics }
    /// Which of `controller-manager` and `scheduler` run.
    var components: Set<String> { parts.components }
    /// What other servers serve.
    var remote: any RemoteAPIs { parts.remote }
    /// How many requests are being passed on to programs.
    var passing: PassingLimit { parts.passing }
    /// Pages about this process and its cluster, under `/debug/`.
    var debug: DebugSource { parts.debug }

    /// nil if there is no such page.
    package typealias DebugSource = @Sendable (APIRequest) -> APIOutcome?
    /// - Returns: nil if the kubelet has no such page.
    package typealias NodePageSource = @Sendable (_ node: String, _ request: APIRequest) async -> APIResponse?
    package typealias PodLogSource = @Sendable (_ pod: Value, _ container: String, PodLogOptions) -> [String]

    /// - Parameter access: nil to allow everything.
    package init(
        api: API, limiter: any RequestLimiter = NoLimits(), documents: any PageSource = NoPages(),
        operations: any PageSource = NoPages(),
        issuer: any PageSource = NoPages(),
        authenticator: any Authenticator = EverybodyAdministrates(), access: AccessControl? = nil,
        tokens: TokenAuthority? = nil,
        podLogs: @escaping PodLogSource = { _, _, _ in [] }, pods: (any PodAccess)? = nil,
        nodePages: @escaping NodePageSource = { _, _ in nil }, resourceMetrics: ResourceMetrics? = nil,
        remote: any RemoteAPIs = NoRemoteAPIs(), components: Set<String> = [],
        debug: @escaping DebugSource = { _ in nil }
    ) {
        parts = Parts(
            api, documents, operations, issuer, authenticator, tokens,
            access ?? AccessControl([.alwaysAllow], store: api.store), limiter, podLogs, pods, nodePages,
            resourceMetrics, components, remote, debug)
    }

    package func handle(_ request: APIRequest) -> APIOutcome {
        // Merely examining a very long head is too much for an event loop.
        guard RequestWeight.isLightHead(request) else {
            return .computed { answer(request, isElsewhere: true) }
        }
        return answer(request, isElsewhere: false)
    }

    /// - Parameter isElsewhere: whether this runs off the event loop.
    private func answer(_ request: APIRequest, isElsewhere: Bool) -> APIOutcome {
        var context = RequestContext(request, makeID: AuditID.next)
        do {
            try RequestTimeout.check(context)
            try identify(&context)
        } catch {
            return ended(.response(failure(error, context)), context)
        }
        if limiter.isExempt(&context) { return ended(authorized(context, isElsewhere: isElsewhere), context) }
        return limiter.limit(context) { context, refusal in
            ended(refusal.map { .response($0) } ?? authorized(context, isElsewhere: isElsewhere), context)
        }
    }

    private func authorized(_ context: RequestContext, isElsewhere: Bool) -> APIOutcome {
        do {
            try authorize(context)
        } catch {
            return .response(failure(error, context))
        }
        return limited(context, isElsewhere: isElsewhere)
    }

    /// Who asks, and as whom.
    private func identify(_ context: inout RequestContext) throws(APIStatus) {
        do throws(APIStatus) {
            context.user = try authenticator.user(of: context.request)
        } catch {
            context.trail = api.auditor?.refused(context)
            throw error
        }
        context.trail = try api.auditor?.begin(context)
        let user = context.user
        context.user = try access.impersonated(by: user, context.request.headers, context.access)
        if let trail = context.trail, context.user != user { trail.isImpersonated(as: context.user) }
    }

    private func authorize(_ context: RequestContext) throws(APIStatus) {
        guard let trail = context.trail else {
            if !access.isUnrestricted(context.user) { try access.authorize(context.access) }
            return
        }
        // What is written down says why.
        let decision = access.decide(context.access)
        trail.isDecided(decision)
        if !decision.isAllowed { throw context.access.forbidden(decision.reason) }
    }

    private func ended(_ outcome: consuming APIOutcome, _ context: RequestContext) -> APIOutcome {
        let outcome = finish(outcome, context)
        guard let trail = context.trail else { return outcome }
        return trail.follow(outcome)
    }

    /// Decides whether the path is served, until when, and who does the work.
    private func limited(_ context: RequestContext, isElsewhere: Bool) -> APIOutcome {
        guard let path = context.path else { return remoteAnswer(context) ?? document(context) }
        let resource = path.groupVersionResource
        let builtIn = api.kinds.builtInKind(resource)
        // Another server may take the place of custom kinds and of those that are served here only because nobody else
        // does; groups that every API server has stay here, with all of their resources.
        if builtIn == nil && !api.kinds.isBuiltInGroup(of: resource) || resource.group == "metrics.k8s.io",
            let answer = remoteAnswer(context)
        {
            return answer
        }
        // A kind whose definition has not been read yet.
        guard isElsewhere || builtIn != nil || api.kinds.isQuick(resource) else {
            return computed(context) { limited(context, isElsewhere: true) }
        }
        guard let kind = builtIn ?? api.kinds.kind(resource) else { return verb(context, path, nil) }
        guard !kind.readWarnings.isEmpty, kind.info.isStored || context.method == .get else {
            return verb(context, path, kind)
        }
        var context = context
        context.warnings = kind.readWarnings
        return verb(context, path, kind)
    }

    /// - Parameter kind: nil if it is not served.
    private func verb(_ context: RequestContext, _ path: RequestPath, _ kind: Kind?) -> APIOutcome {
        do {
            guard let target = try resolve(path, kind), !Self.isUnscopedWrite(context, target) else {
                return .response(notFoundPage)
            }
            guard isHeavy(context, target) else { return try dispatch(context, target) }
            return computed(context) { () throws(APIStatus) in try dispatch(context, target) }
        } catch {
            return .response(failure(error, context))
        }
    }

    /// Requests that are not about objects: health and metrics are answered at once, everything else (discovery,
    /// schemas, explanations) is computed elsewhere.
    private func document(_ context: RequestContext) -> APIOutcome {
        let request = context.request
        if let answer = operations.respond(to: request) { return .response(answer) }
        if let answer = issuer.respond(to: request) {
            return .response(answer)
        }
        return .computed {
            let isDebug = request.path == "/debug" || request.path.hasPrefix("/debug/")
            if isDebug, let page = debug(request) { return page }
            return .response(documents.respond(to: request) ?? notFoundPage)
        }
    }

    /// Headers of every answer: which request it answers, and that it must not be cached.
    private func finish(_ outcome: consuming APIOutcome, _ context: RequestContext) -> APIOutcome {
        switch consume outcome {
        case .response(var response):
            response.shared = context.shared.block(beside: response.headers)
            response.auditID = context.auditID
            return .response(response)
        case .stream(let stream, let contentType, let headers):
            var headers = headers
            finish(&headers, context)
            return .stream(stream, contentType: contentType, headers: headers)
        case .deferred(let work): return .deferred { finish(await work(), context) }
        case .computed(let work): return .computed { finish(await work(), context) }
        case .longRunning(let work): return .longRunning { finish(await work(), context) }
        case .session(let session, let request, var headers):
            headers += context.shared.fields + [(name: "Audit-Id", value: context.auditID)]
            return .session(session, request, headers: headers)
        }
    }

    private func finish(_ headers: inout [(name: String, value: String)], _ context: RequestContext) {
        headers += context.shared.block(beside: headers).fields
        headers.append((name: "Audit-Id", value: context.auditID))
    }

    /// What a request is about: a kind, and possibly an object and a subresource.
    struct Target: Sendable {
        var kind: Kind
        var path: RequestPath
        var namespace: String { path.namespace ?? "" }
        var name: String { path.name ?? "" }
    }

    /// - Returns: nil for a group that is not served at all.
    /// - Throws: 404 for an unknown version, resource or subresource.
    private func resolve(_ path: RequestPath, _ kind: Kind?) throws(APIStatus) -> Target? {
        guard let kind else {
            guard api.kinds.resources.hasGroup(path.group) else { return nil }
            throw .unknownResource
        }
        if path.hasEmptyPart { throw .unknownResource }
        if kind.custom != nil { return try resolveCustom(kind, path) }
        // A namespaced object without a namespace, or vice versa, is not a path of this API.
        if kind.info.isNamespaced ? (path.namespace == nil && path.name != nil) : path.namespace != nil {
            throw .unknownResource
        }
        if let subresource = path.subresource,
            !kind.info.subresources.contains(where: { $0.name == subresource })
        {
            throw .unknownResource
        }
        if let name = path.name, let why = Self.fault(inName: name) {
            throw .badRequest("Name parameter invalid: \(name.goQuoted): \(why)")
        }
        return Target(kind: kind, path: path)
    }

    /// Names that are not valid storage keys (k8s.io/apimachinery `api/validation/path`).
    static func fault(inName name: String) -> String? {
        switch name {
        case ".": "may not be '.'"
        case "..": "may not be '..'"
        case _ where name.utf8.contains(UInt8(ascii: "%")): "may not contain '%'"
        default: nil
        }
    }

    /// Carries out the verb itself.
    func dispatch(_ context: RequestContext, _ target: Target) throws(APIStatus) -> APIOutcome {
        if let subresource = target.path.subresource { return try self.subresource(subresource, context, target) }
        if target.path.isWatch {
            guard context.method == .get else { throw .methodNotAllowed() }
            return try list(context, target)
        }
        if !target.kind.info.isStored { return try answerUnstored(context, target) }
        switch (context.method, target.path.name) {
        case (.get, nil): return try list(context, target)
        case (.get, .some): return try get(context, target)
        case (.post, nil) where isCollection(target): return try create(context, target)
        case (.put, .some): return try replace(context, target)
        case (.patch, .some): return try patch(context, target)
        case (.delete, .some): return try delete(context, target)
        case (.delete, nil) where isCollection(target) && target.kind.info.verbs.contains("deletecollection"):
            return try deleteCollection(context, target)
        default: throw .methodNotAllowed()
        }
    }

    /// Whether objects can be created, or deleted as a collection, at this path: in a namespace, or outside any for
    /// cluster-scoped kinds.
    private func isCollection(_ target: Target) -> Bool {
        target.kind.info.isNamespaced ? target.path.namespace != nil : true
    }

    private var notFoundPage: APIResponse { .text(404, "404 page not found\n") }
}
