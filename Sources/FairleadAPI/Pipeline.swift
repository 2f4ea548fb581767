package import FairleadModel

/// The way of a request: HTTP in, HTTP out.
///
/// `handle` returns without waiting for anything, within about 0.2 ms. Small reads are answered from the current snapshot
/// at once; whatever has to wait for a commit comes back as `deferred`, whatever is much work as `computed`
/// (`RequestWeight`). Every failure is a Kubernetes Status in the format that was asked for.
package struct Pipeline: Sendable {
    let api: API
    let documents: DiscoveryEndpoint
    let operations: OperationsEndpoint
    /// The lines a container of a pod has logged.
    let podLogs: PodLogSource

    /// Pages about this process and its cluster below `/debug/`.
    let debug: DebugSource

    /// nil where there is no such page.
    package typealias DebugSource = @Sendable (APIRequest) -> APIOutcome?
    package typealias PodLogSource = @Sendable (_ pod: Value, _ container: String, PodLogOptions) -> [String]

    package init(
        api: API, documents: DiscoveryEndpoint, operations: OperationsEndpoint,
        podLogs: @escaping PodLogSource = { _, _, _ in [] }, debug: @escaping DebugSource = { _ in nil }
    ) {
        self.api = api
        self.documents = documents
        self.operations = operations
        self.podLogs = podLogs
        self.debug = debug
    }

    package func handle(_ request: APIRequest) -> APIOutcome {
        guard RequestWeight.isLightHead(request) else { return computed(request) { route(request, isElsewhere: true) } }
        return route(request)
    }

    /// - Parameter isElsewhere: not on an event loop.
    private func route(_ request: APIRequest, isElsewhere: Bool = false) -> APIOutcome {
        do {
            guard let path = RequestPath(request.path) else { return document(request) }
            guard isElsewhere || api.kinds.isQuick(path.groupVersionResource) else {
                return computed(request) { route(request, isElsewhere: true) }
            }
            guard let target = try resolve(path), !Self.isUnscopedWrite(request, target) else {
                return .response(notFoundPage)
            }
            try RequestTimeout.check(request, isWatch: target.path.isWatch)
            guard isHeavy(request, target) else { return try dispatch(request, target) }
            return computed(request) { () throws(APIStatus) in try dispatch(request, target) }
        } catch {
            return .response(failure(error, request))
        }
    }

    /// What is not about objects: health and metrics at once, everything else (discovery, schemas, explanations) is made
    /// elsewhere.
    private func document(_ request: APIRequest) -> APIOutcome {
        if let answer = operations.respond(to: request) { return .response(answer) }
        return .computed {
            if request.path.hasPrefix("/debug/"), let page = debug(request) { return page }
            return .response(documents.respond(to: request) ?? notFoundPage)
        }
    }

    /// What a request is about: a kind, perhaps an object and a part of it.
    struct Target: Sendable {
        var kind: Kind
        var path: RequestPath
        var namespace: String { path.namespace ?? "" }
        var name: String { path.name ?? "" }
    }

    /// - Returns: nil for a group that is not served at all.
    /// - Throws: 404 for an unknown version, resource or subresource.
    private func resolve(_ path: RequestPath) throws(APIStatus) -> Target? {
        guard let kind = api.kinds.kind(path.groupVersionResource) else {
            guard api.kinds.resources.hasGroup(path.group) else { return nil }
            throw .unknownResource
        }
        if kind.custom != nil { return try resolveCustom(kind, path) }
        // A namespaced object outside of a namespace, or the other way round, is no path of this API.
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

    /// Names that no key in storage can have (k8s.io/apimachinery `api/validation/path`).
    static func fault(inName name: String) -> String? {
        switch name {
        case ".": "may not be '.'"
        case "..": "may not be '..'"
        case _ where name.utf8.contains(UInt8(ascii: "%")): "may not contain '%'"
        default: nil
        }
    }

    func dispatch(_ request: APIRequest, _ target: Target) throws(APIStatus) -> APIOutcome {
        if let subresource = target.path.subresource { return try self.subresource(subresource, request, target) }
        if target.path.isWatch {
            guard request.method == "GET" else { throw .methodNotAllowed() }
            return try list(request, target)
        }
        if !target.kind.info.isStored { return try answerUnstored(request, target) }
        switch (request.method, target.path.name) {
        case ("GET", nil): return try list(request, target)
        case ("GET", .some): return try get(request, target)
        case ("POST", nil) where isCollection(target): return try create(request, target)
        case ("PUT", .some): return try replace(request, target)
        case ("PATCH", .some): return try patch(request, target)
        case ("DELETE", .some): return try delete(request, target)
        case ("DELETE", nil) where isCollection(target) && target.kind.info.verbs.contains("deletecollection"):
            return try deleteCollection(request, target)
        default: throw .methodNotAllowed()
        }
    }

    /// Whether objects can be created, or deleted together, at this path: in a namespace, or outside of all for
    /// cluster-scoped kinds.
    private func isCollection(_ target: Target) -> Bool {
        target.kind.info.isNamespaced ? target.path.namespace != nil : true
    }

    private var notFoundPage: APIResponse { .text(404, "404 page not found\n") }
}
