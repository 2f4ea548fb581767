import FairleadKinds
import FairleadModel

/// What `/metrics` says a request was: kube-apiserver's labels, from bounded vocabularies. No name that a client makes
/// up is in them, but those of custom resources.
///
/// Reference: k8s.io/apiserver `endpoints/metrics` (`cleanVerb`, `CleanScope`, `cleanDryRun`).
struct RequestLabels: Hashable, Sendable {
    /// GET, LIST, WATCH, POST, PUT, PATCH, APPLY, DELETE, DELETECOLLECTION, CONNECT; `other` for what is none of them.
    var verb: String
    var group = ""
    var version = ""
    var resource = ""
    /// Of an object; for paths that are about no object, the path itself if it is one of few.
    var subresource = ""
    /// `resource`, `namespace`, `cluster`; empty for paths that are about no object.
    var scope = ""
    var dryRun = ""
    var component = "apiserver"

    /// What all requests count as for which there is no room.
    static let overflow = RequestLabels(
        verb: "other", group: "other", version: "other", resource: "other", subresource: "other", scope: "other",
        dryRun: "other", component: "other")

    static let unread = RequestLabels(verb: "other")

    /// Without the dry run, which not every metric tells.
    var dimensions: [(String, String)] {
        [
            ("verb", verb), ("group", group), ("version", version), ("resource", resource),
            ("subresource", subresource), ("scope", scope), ("component", component),
        ]
    }

    /// Paths that stand for themselves.
    private static let plainPaths: Set<Substring> = [
        "flagz", "healthz", "livez", "metrics", "readyz", "statusz", "version",
    ]

    /// - Parameters:
    ///   - shape: what the head says beside its path.
    ///   - kinds: what is served; a path that is not has labels that say only its verb, as has one of a kind so new that
    ///     nobody has read its definition yet.
    init(_ request: APIRequest, _ shape: RequestShape, _ kinds: KindRegistry) {
        self.init(verb: shape.verb)
        guard let path = RequestPath(request.path) else {
            guard let first = request.path.split(separator: "/", maxSplits: 1).first, Self.plainPaths.contains(first)
            else { return }
            // As kube-apiserver's own handlers of health.
            subresource = "/\(first)"
            component = ""
            return
        }
        guard let kind = kinds.lastKind(path.groupVersionResource),
            path.subresource.map({ name in kind.info.subresources.contains { $0.name == name } }) ?? true
        else { return }
        group = kind.info.gvr.group
        version = kind.info.gvr.version
        resource = kind.info.gvr.resource
        subresource = path.subresource ?? ""
        dryRun = shape.dryRun
        let hasName = path.name != nil || shape.selectsName
        scope =
            hasName || shape.verb == "POST" ? "resource" : path.namespace != nil ? "namespace" : "cluster"
        switch shape.verb {
        case "GET" where path.isWatch || path.name == nil && shape.isWatch: verb = "WATCH"
        case "GET" where path.name == nil: verb = "LIST"
        case "DELETE" where path.name == nil: verb = "DELETECOLLECTION"
        default: break
        }
        if Self.connecting.contains(subresource) { verb = "CONNECT" }
    }

    private init(
        verb: String, group: String = "", version: String = "", resource: String = "", subresource: String = "",
        scope: String = "", dryRun: String = "", component: String = "apiserver"
    ) {
        self.verb = verb
        self.group = group
        self.version = version
        self.resource = resource
        self.subresource = subresource
        self.scope = scope
        self.dryRun = dryRun
        self.component = component
    }

    private static let connecting: Set<String> = ["attach", "exec", "portforward", "proxy"]
}

/// What of a request's head matters for its labels, beside the path.
struct RequestShape: Hashable {
    /// From the method; reads and deletions of collections are told by the path.
    var verb: String
    var isWatch = false
    /// `All`, `invalid` or nothing.
    var dryRun = ""
    /// Whether a field selector chooses one name.
    var selectsName = false
    /// Of the verb.
    private var place: UInt64 = 0

    /// The same for the same shape only.
    var number: UInt64 {
        place << 8 | (isWatch ? 1 : 0) | (selectsName ? 2 : 0) | UInt64(dryRun.utf8.count) << 2
    }

    init(_ request: APIRequest) {
        switch request.method {
        case .get, .head: (verb, place) = ("GET", 1)
        case .post: (verb, place) = ("POST", 2)
        case .put: (verb, place) = ("PUT", 3)
        case .delete: (verb, place) = ("DELETE", 4)
        case .patch:
            let isApply = request.header("Content-Type")?.hasPrefix("application/apply-patch") ?? false
            (verb, place) = isApply ? ("APPLY", 5) : ("PATCH", 6)
        default: verb = RequestLabels.overflow.verb
        }
        for (name, value) in request.query {
            switch name {
            case "watch": isWatch = value != "0" && value.lowercased() != "false"
            case "dryRun": if !value.isEmpty { dryRun = value == "All" ? "All" : "invalid" }
            case "fieldSelector": if value.hasPrefix("metadata.name=") { selectsName = true }
            default: break
            }
        }
    }
}
