import FairleadKinds
import FairleadModel

/// How `/metrics` labels a request: kube-apiserver's labels, from bounded vocabularies. The only client-chosen names
/// among them are those of custom resources.
///
/// Reference: k8s.io/apiserver `endpoints/metrics` (`cleanVerb`, `CleanScope`, `cleanDryRun`).
struct RequestLabels: Hashable, Sendable {
    /// GET, LIST, WATCH, POST, PUT, PATCH, APPLY, DELETE, DELETECOLLECTION, CONNECT; `other` for anything else.
    var verb: String
    var group = ""
    var version = ""
    var resource = ""
    /// The subresource of an object; for paths that are not about an object, the path itself if it is a well-known one.
    var subresource = ""
    /// `resource`, `namespace`, `cluster`; empty for paths that are not about an object.
    var scope = ""
    var dryRun = ""
    var component = "apiserver"

    /// The labels of all requests for which there is no room.
    static let overflow = RequestLabels(
        verb: "other", group: "other", version: "other", resource: "other", subresource: "other", scope: "other",
        dryRun: "other", component: "other")

    static let unread = RequestLabels(verb: "other")

    /// Without the dry run, which not every metric reports.
    var dimensions: [(String, String)] {
        [
            ("verb", verb), ("group", group), ("version", version), ("resource", resource),
            ("subresource", subresource), ("scope", scope), ("component", component),
        ]
    }

    /// Paths that are their own label.
    private static let plainPaths: Set<Substring> = [
        "flagz", "healthz", "livez", "metrics", "readyz", "statusz", "version",
    ]

    /// - Parameters:
    ///   - shape: what matters in the head besides the path.
    ///   - kinds: the kinds served. A path of no served kind gets only the verb as a label, as does one of a kind so
    ///     new that its definition has not been read yet.
    init(_ request: APIRequest, _ shape: RequestShape, _ kinds: KindRegistry) {
        self.init(verb: shape.verb)
        guard let path = RequestPath(request.path) else {
            guard let first = request.path.split(separator: "/", maxSplits: 1).first, Self.plainPaths.contains(first)
            else { return }
            // Like kube-apiserver's own health handlers.
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

/// What matters in a request's head for its labels, besides the path.
struct RequestShape: Hashable {
    /// From the method; the path distinguishes reads and deletions of collections.
    var verb: String
    var isWatch = false
    /// `All`, `invalid` or nothing.
    var dryRun = ""
    /// Whether a field selector selects a single name.
    var selectsName = false
    /// A number for the verb.
    private var place: UInt64 = 0

    /// Equal only for equal shapes.
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
