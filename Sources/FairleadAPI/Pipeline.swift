import FairleadKinds
package import FairleadModel

/// The path of a request: HTTP in, HTTP out.
///
/// `handle` returns without blocking, within about 0.2 ms. Small reads are answered at once from the current snapshot;
/// what must wait for a commit comes back as `deferred`, and expensive work as `computed` (`RequestWeight`). Every
/// failure is a Kubernetes Status in the requested format.
///
/// The stages in order: identify (`RequestContext`), authenticate, authorize, limit, then the verb (`dispatch`), then
/// finish.
package struct Pipeline: Sendable {
    let api: API
    let documents: DiscoveryEndpoint
    let operations: OperationsEndpoint
    let authenticator: any Authenticator
    let authorizer: any Authorizer
    /// The lines that a container of a pod has logged.
    let podLogs: PodLogSource

    /// Pages about this process and its cluster, under `/debug/`.
    let debug: DebugSource

    /// nil if there is no such page.
    package typealias DebugSource = @Sendable (APIRequest) -> APIOutcome?
    package typealias PodLogSource = @Sendable (_ pod: Value, _ container: String, PodLogOptions) -> [String]

    package init(
        api: API, documents: DiscoveryEndpoint, operations: OperationsEndpoint,
        authenticator: any Authenticator = EverybodyAdministrates(), authorizer: any Authorizer = AlwaysAllow(),
        podLogs: @escaping PodLogSource = { _, _, _ in [] }, debug: @escaping DebugSource = { _ in nil }
    ) {
        self.api = api
        self.documents = documents
        self.operations = operations
        self.authenticator = authenticator
        self.authorizer = authorizer
        self.podLogs = podLogs
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
            context.user = try authenticator.user(of: request)
            try authorizer.authorize(context)
        } catch {
            return finish(.response(failure(error, context)), context)
        }
        return finish(limited(context, isElsewhere: isElsewhere), context)
    }

    /// Decides whether the path is served, until when, and who does the work.
    private func limited(_ context: RequestContext, isElsewhere: Bool) -> APIOutcome {
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
                return .response(remote(context.request.path) ?? notFoundPage)
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
        return .computed {
            let isDebug = request.path == "/debug" || request.path.hasPrefix("/debug/")
            if isDebug, let page = debug(request) { return page }
            return .response(documents.respond(to: request) ?? remote(request.path) ?? notFoundPage)
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
        }
    }

    private func finish(_ headers: inout [(name: String, value: String)], _ context: RequestContext) {
        headers.reserveCapacity(headers.count + 2)
        let isCacheable = headers.contains { $0.name == "Cache-Control" }
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
