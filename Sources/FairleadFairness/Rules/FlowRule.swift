import FairleadAuthorization
import FairleadModel

/// One rule of a FlowSchema: whose requests, and which of them.
///
/// Reference: k8s.io/apiserver `util/flowcontrol` (rule.go).
struct FlowRule: Sendable {
    enum Subject: Sendable, Equatable {
        case user(String)
        case group(String)
        /// "*" for all of the namespace.
        case serviceAccount(namespace: String, name: String)
        case everybody
    }

    struct ResourceRule: Sendable {
        var verbs: [String]
        var groups: [String]
        var resources: [String]
        var namespaces: [String]
        var isClusterScoped: Bool
    }

    struct PathRule: Sendable {
        var verbs: [String]
        var urls: [String]
    }

    private(set) var subjects: [Subject] = []
    private(set) var resources: [ResourceRule] = []
    private(set) var paths: [PathRule] = []
    /// Whether it is about everything that its subjects may ask for.
    let isAboutEverything: Bool

    init(_ rule: Value) {
        subjects = rule.items("subjects").compactMap(Self.subject)
        resources = rule.items("resourceRules").map { rule in
            ResourceRule(
                verbs: rule.texts("verbs"), groups: rule.texts("apiGroups"), resources: rule.texts("resources"),
                namespaces: rule.texts("namespaces"), isClusterScoped: rule["clusterScope"]?.bool ?? false)
        }
        paths = rule.items("nonResourceRules").map { rule in
            PathRule(verbs: rule.texts("verbs"), urls: rule.texts("nonResourceURLs"))
        }
        isAboutEverything =
            resources.contains { rule in
                rule.isClusterScoped
                    && [rule.verbs, rule.groups, rule.resources, rule.namespaces].allSatisfy { $0.contains("*") }
            } && paths.contains { $0.verbs.contains("*") && $0.urls.contains("*") }
    }

    private static func subject(_ subject: Value) -> Subject? {
        switch subject.text("kind") {
        case "User":
            let name = subject.text("user", "name")
            return name == "*" ? .everybody : .user(name)
        case "Group":
            let name = subject.text("group", "name")
            return name == "*" ? .everybody : .group(name)
        case "ServiceAccount":
            return .serviceAccount(
                namespace: subject.text("serviceAccount", "namespace"), name: subject.text("serviceAccount", "name"))
        default: return nil
        }
    }

    func isAbout(_ user: UserInfo) -> Bool {
        subjects.contains { subject in
            switch subject {
            case .everybody: true
            case .user(let name): name.isSameBytes(as: user.name)
            case .group(let name): user.groups.contains { name.isSameBytes(as: $0) }
            case .serviceAccount(let namespace, let name):
                name == "*"
                    ? user.name.utf8.starts(with: "system:serviceaccount:\(namespace):".utf8)
                    : user.name.isSameBytes(as: "system:serviceaccount:\(namespace):\(name)")
            }
        }
    }

    func isAbout(_ wanted: AccessAttributes) -> Bool {
        switch wanted.target {
        case .path(let path):
            return paths.contains { rule in
                rule.verbs.names(wanted.verb) && rule.urls.contains { Self.url($0, covers: path) }
            }
        case .resource(let resource):
            return resources.contains { rule in
                rule.verbs.names(wanted.verb) && rule.groups.names(resource.group)
                    && rule.resources.names(resource.combined)
                    && (resource.namespace.isEmpty ? rule.isClusterScoped : rule.namespaces.names(resource.namespace))
            }
        }
    }

    private static func url(_ url: String, covers path: String) -> Bool {
        if url == "*" || url.isSameBytes(as: path) { return true }
        return url.hasSuffix("/*") && path.utf8.starts(with: url.utf8.dropLast())
    }
}

extension [String] {
    fileprivate func names(_ name: String) -> Bool { contains { $0 == "*" || $0.isSameBytes(as: name) } }
}
