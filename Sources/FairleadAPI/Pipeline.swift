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
    let api: API
    /// Discovery and schemas, computed.
    let documents: any PageSource
    /// Health and metrics, at once.
    let operations: any PageSource
    /// How others check ServiceAccount tokens.
    let issuer: any PageSource
    let authenticator: any Authenticator
    /// Issues tokens for ServiceAccounts; nil if nobody does.
    let tokens: TokenAuthority?
    /// Who may do what.
    let access: AccessControl
    let limiter: any RequestLimiter
    /// The lines that a container of a pod has logged, where `pods` has none.
    let podLogs: PodLogSource
    /// The door to simulated containers; nil if there is none.
    let pods: (any PodAccess)?
    /// What the kubelet of a node answers.
    let nodePages: NodePageSource
    /// What serves metrics.k8s.io; nil if nobody does.
    let resourceMetrics: ResourceMetrics?
    /// Which of `controller-manager` and `scheduler` run.
    let components: Set<String>
    /// What other servers serve.
    let remote: any RemoteAPIs
    /// How many requests are being passed on to programs.
    let passing = PassingLimit()

    /// Pages about this process and its cluster, under `/debug/`.
    let debug: DebugSource

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
        self.api = api
        self.limiter = limiter
        self.documents = documents
        self.operations = operations
        self.issuer = issuer
        self.authenticator = authenticator
        self.tokens = tokens
        self.access = access ?? AccessControl([.alwaysAllow], store: api.store)
        self.podLogs = podLogs
        self.pods = pods
        self.nodePages = nodePages
        self.resourceMetrics = resourceMetrics
        self.components = components
        self.remote = remote
        self.debug = debug
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

    private func ended(_ outcome: APIOutcome, _ context: RequestContext) -> APIOutcome {
        let outcome = finish(outcome, context)
        return context.trail?.follow(outcome) ?? outcome
    }

    /// Decides whether the path is served, until when, and who does the work.
    private func limited(_ context: RequestContext, isElsewhere: Bool) -> APIOutcome {
        if let answer = remoteAnswer(context) { return answer }
        guard let path = context.path else { return document(context) }
        // A kind whose definition has not been read yet.
        guard isElsewhere || api.kinds.isQuick(path.groupVersionResource) else {
            return computed(context) { limited(context, isElsewhere: true) }
        }
        let kind = api.kinds.kind(path.groupVersionResource)
        var context = context
        if let kind, kind.info.isStored || context.method == .get { context.warnings = kind.readWarnings }
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
    private func finish(_ outcome: APIOutcome, _ context: RequestContext) -> APIOutcome {
        switch outcome {
        case .response(var response):
            finish(&response.headers, context)
            return .response(response)
        case .stream(let stream, let contentType, let headers):
            var headers = headers
            finish(&headers, context)
            return .stream(stream, contentType: contentType, headers: headers)
        case .deferred(let work): return .deferred { finish(await work(), context) }
        case .computed(let work): return .computed { finish(await work(), context) }
        case .longRunning(let work): return .longRunning { finish(await work(), context) }
        case .session(let session, let request, var headers):
            headers += context.headers + [(name: "Audit-Id", value: context.auditID)]
            return .session(session, request, headers: headers)
        }
    }

    private func finish(_ headers: inout [(name: String, value: String)], _ context: RequestContext) {
        let isCacheable = headers.contains { $0.name == "Cache-Control" }
        headers.reserveCapacity(headers.count + context.headers.count + 2)
        headers += context.headers
        headers.append((name: "Audit-Id", value: context.auditID))
        if !isCacheable { headers.append((name: "Cache-Control", value: "no-cache, private")) }
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
