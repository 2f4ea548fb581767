import FairleadAPI
import FairleadExpressions
import FairleadModel

/// One entry of a webhook configuration, read once per version of the configuration.
package struct Webhook: Sendable {
    package enum Kind: String, Sendable {
        /// As metrics name them.
        case mutating = "admit"
        case validating = "validating"
    }

    let kind: Kind
    /// Tells it from all others: the configuration, and the name in it.
    let id: String
    /// The name of the configuration.
    let configuration: String
    let name: String
    let target: WebhookTarget
    let rules: [WebhookRule]
    let matchesEquivalents: Bool
    let namespaceSelector: LabelSelector
    let objectSelector: LabelSelector
    let conditions: MatchConditions
    let ignoresFailures: Bool
    let timeoutSeconds: Int
    let hasSideEffects: Bool
    let isReinvoked: Bool
    /// The versions of AdmissionReview that it understands.
    let speaksV1: Bool

    init(_ hook: Value, in configuration: Value, _ kind: Kind) {
        self.kind = kind
        name = hook["name"]?.string ?? ""
        self.configuration = configuration.name
        id = "\(configuration.name)/\(name)"
        target = WebhookTarget(clientConfig: hook["clientConfig"] ?? .null)
        rules = hook["rules"]?.array?.map { WebhookRule($0) } ?? []
        matchesEquivalents = hook["matchPolicy"]?.string != "Exact"
        namespaceSelector = Self.selector(hook["namespaceSelector"])
        objectSelector = Self.selector(hook["objectSelector"])
        conditions = MatchConditions(hook["matchConditions"]?.array ?? [], MatchConditions.webhookCompiler)
        ignoresFailures = hook["failurePolicy"]?.string == "Ignore"
        timeoutSeconds = hook["timeoutSeconds"]?.int.map { Int(clamping: min(max($0, 1), 30)) } ?? 10
        hasSideEffects = !["None", "NoneOnDryRun"].contains(hook["sideEffects"]?.string ?? "")
        isReinvoked = hook["reinvocationPolicy"]?.string == "IfNeeded"
        speaksV1 = hook["admissionReviewVersions"]?.array?.contains("v1") ?? false
    }

    /// A selector that cannot be read was stored before that was checked; it selects nothing.
    private static func selector(_ value: Value?) -> LabelSelector {
        guard let value, !value.isNull else { return .everything }
        // As it was stored before selectors were checked.
        return (try? LabelSelector(labelSelector: value)) ?? .nothing
    }
}

/// Which requests a webhook is about (`rules`).
///
/// Reference: k8s.io/apiserver `pkg/admission/plugin/webhook/predicates/rules`.
struct WebhookRule: Sendable {
    private let operations: Set<String>
    private let groups: Set<String>
    private let versions: Set<String>
    private let resources: [(resource: String, subresource: String)]
    private let scope: String

    init(_ rule: Value) {
        func set(_ field: String) -> Set<String> { Set(rule[field]?.array?.compactMap(\.string) ?? []) }
        operations = set("operations")
        groups = set("apiGroups")
        versions = set("apiVersions")
        resources = (rule["resources"]?.array?.compactMap(\.string) ?? []).map { text in
            let parts = text.split(separator: "/", maxSplits: 1, omittingEmptySubsequences: false).map(String.init)
            return (parts[0], parts.count > 1 ? parts[1] : "")
        }
        scope = rule["scope"]?.string ?? "*"
    }

    func matches(
        _ operation: AdmissionOperation, _ resource: GroupVersionResource, _ subresource: String?, isNamespaced: Bool
    ) -> Bool {
        let scopeMatches = scope == "*" || isNamespaced == (scope == "Namespaced")
        return scopeMatches && Self.has(groups, resource.group) && Self.has(versions, resource.version)
            && mayMatch(operation, resource.resource, subresource)
    }

    /// What does not depend on group and version.
    func mayMatch(_ operation: AdmissionOperation, _ resource: String, _ subresource: String?) -> Bool {
        guard Self.has(operations, operation.rawValue) else { return false }
        return resources.contains { wanted in
            (wanted.resource == "*" || wanted.resource == resource)
                && (wanted.subresource == "*" || wanted.subresource == subresource ?? "")
        }
    }

    private static func has(_ set: Set<String>, _ item: String) -> Bool { set.contains("*") || set.contains(item) }
}
