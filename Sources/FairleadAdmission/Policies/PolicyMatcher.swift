import FairleadModel

/// What a policy or a binding is about: `matchConstraints`, `matchResources`.
///
/// Reference: k8s.io/apiserver `pkg/admission/plugin/policy/matching`, `plugin/webhook/predicates`.
struct PolicyMatcher: Sendable {
    private let rules: [PolicyRule]
    private let excluded: [PolicyRule]
    /// Whether a rule about another version of the same objects counts.
    private let isEquivalent: Bool
    private let namespaces: LabelSelector
    private let objects: LabelSelector

    /// - Parameter source: nil for a binding that does not narrow its policy.
    init(_ source: Value?) {
        rules = (source?["resourceRules"]?.array ?? []).map(PolicyRule.init)
        excluded = (source?["excludeResourceRules"]?.array ?? []).map(PolicyRule.init)
        isEquivalent = source?["matchPolicy"]?.string != "Exact"
        namespaces = Self.selector(source?["namespaceSelector"])
        objects = Self.selector(source?["objectSelector"])
    }

    private static func selector(_ source: Value?) -> LabelSelector {
        guard let source, source.object != nil else { return .everything }
        // One that cannot be read was refused when it was written.
        return (try? LabelSelector(labelSelector: source)) ?? .nothing
    }

    /// The operations that the rules name.
    var operations: PolicyOperations {
        if rules.isEmpty { return .all }
        return rules.reduce(into: []) { $0.formUnion($1.knownOperations) }
    }

    /// The resources that the rules name; nil if they may be any.
    var resources: Set<GroupResource>? {
        var all: Set<GroupResource> = []
        for rule in rules {
            guard let named = rule.namedResources else { return nil }
            all.formUnion(named)
        }
        return rules.isEmpty ? nil : all
    }

    /// - Returns: what the request is about in the words of the rule that matches; nil if none does.
    func match(_ request: PolicyRequest, _ cluster: any PolicyCluster) -> PolicyMatch? {
        guard matchesNamespace(request), matchesObject(request) else { return nil }
        if !excluded.isEmpty, Self.match(excluded, isEquivalent, request, cluster) != nil { return nil }
        if rules.isEmpty { return PolicyMatch(request.resource, request.kind) }
        return Self.match(rules, isEquivalent, request, cluster)
    }

    private static func match(
        _ rules: [PolicyRule], _ isEquivalent: Bool, _ request: PolicyRequest, _ cluster: any PolicyCluster
    ) -> PolicyMatch? {
        if rules.contains(where: { $0.matches(request, request.resource) }) {
            return PolicyMatch(request.resource, request.kind)
        }
        guard isEquivalent, rules.contains(where: { $0.mayMatchOtherVersions(of: request) }) else { return nil }
        let others = cluster.equivalents(of: request.resource, subresource: request.subresource)
        for rule in rules {
            if let other = others.first(where: { rule.matches(request, $0.resource) }) { return other }
        }
        return nil
    }

    private func matchesNamespace(_ request: PolicyRequest) -> Bool {
        if namespaces.isEmpty { return true }
        if request.isAboutNamespace {
            let isWritten = request.subresource.isEmpty && request.operation != "DELETE"
            guard let object = isWritten ? request.object : request.oldObject ?? request.object else { return false }
            return namespaces.matches(labelsOf: object)
        }
        if request.namespace.isEmpty { return true }
        return request.namespaceObject.map { namespaces.matches(labelsOf: $0) } ?? false
    }

    private func matchesObject(_ request: PolicyRequest) -> Bool {
        if objects.isEmpty { return true }
        if let labels = request.labels, objects.matches(labels) { return true }
        return request.oldLabels.map { objects.matches($0) } ?? false
    }
}

/// One of `resourceRules`.
struct PolicyRule: Sendable {
    private let operations: [String]
    private let groups: [String]
    private let versions: [String]
    private let resources: [(resource: String, subresource: String)]
    private let scope: String
    private let names: [String]

    init(_ source: Value) {
        func strings(_ field: String) -> [String] { source[field]?.array?.compactMap(\.string) ?? [] }
        operations = strings("operations")
        groups = strings("apiGroups")
        versions = strings("apiVersions")
        resources = strings("resources").map { text in
            let parts = text.split(separator: "/", maxSplits: 1, omittingEmptySubsequences: false).map(String.init)
            return (parts[0], parts.count > 1 ? parts[1] : "")
        }
        scope = source["scope"]?.string ?? "*"
        names = strings("resourceNames")
    }

    var knownOperations: PolicyOperations {
        operations.reduce(into: []) { $0.formUnion($1 == "*" ? .all : PolicyOperations($1)) }
    }

    /// nil if they may be any.
    var namedResources: [GroupResource]? {
        if groups.contains("*") || resources.contains(where: { $0.resource == "*" }) { return nil }
        return groups.flatMap { group in resources.map { GroupResource(group: group, resource: $0.resource) } }
    }

    /// - Parameter resource: of the request, or an equivalent one.
    func matches(_ request: PolicyRequest, _ resource: GroupVersionResource) -> Bool {
        isAbout(request) && has(groups, resource.group) && has(versions, resource.version)
            && resources.contains {
                ($0.resource == "*" || $0.resource == resource.resource)
                    && ($0.subresource == "*" || $0.subresource == request.subresource)
            }
    }

    /// Whether the rule could match the same objects under another resource: only then are those looked for.
    func mayMatchOtherVersions(of request: PolicyRequest) -> Bool {
        isAbout(request)
            && resources.contains { $0.subresource == "*" || $0.subresource == request.subresource }
    }

    private func isAbout(_ request: PolicyRequest) -> Bool {
        guard has(operations, request.operation), names.isEmpty || names.contains(request.name) else { return false }
        switch scope {
        case "Namespaced": return !request.isAboutNamespace && !request.namespace.isEmpty
        case "Cluster": return request.isAboutNamespace || request.namespace.isEmpty
        default: return true
        }
    }

    private func has(_ list: [String], _ wanted: String) -> Bool {
        list.contains { $0 == "*" || $0 == wanted }
    }
}

/// What is done with an object.
struct PolicyOperations: OptionSet {
    let rawValue: UInt8

    static let all = PolicyOperations(rawValue: .max)

    init(rawValue: UInt8) { self.rawValue = rawValue }

    /// - Parameter operation: `CREATE`, `UPDATE`, `DELETE` or `CONNECT`.
    init(_ operation: String) {
        rawValue =
            switch operation {
            case "CREATE": 1
            case "UPDATE": 2
            case "DELETE": 4
            case "CONNECT": 8
            default: 16
            }
    }
}
