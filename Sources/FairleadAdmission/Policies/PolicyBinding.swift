import FairleadModel

/// A binding: puts a policy into effect, with parameters.
final class PolicyBinding: Sendable {
    let name: String
    let policyName: String
    let actions: [String]
    let matcher: PolicyMatcher
    /// Whether it narrows its policy at all.
    let isNarrow: Bool
    let parameters: ParameterReference?

    /// `paramRef`.
    struct ParameterReference: Sendable {
        let name: String
        let namespace: String
        let selector: LabelSelector?
        let deniesIfMissing: Bool

        init(_ source: Value) {
            name = source["name"]?.string ?? ""
            namespace = source["namespace"]?.string ?? ""
            // One that cannot be read was refused when it was written.
            selector = source["selector"].flatMap {
                $0.isNull ? nil : (try? LabelSelector(labelSelector: $0)) ?? .nothing
            }
            deniesIfMissing = source["parameterNotFoundAction"]?.string != "Allow"
        }
    }

    init(_ source: Value) {
        name = source.name
        let spec = source["spec"]
        policyName = spec?["policyName"]?.string ?? ""
        actions = spec?["validationActions"]?.array?.compactMap(\.string) ?? []
        matcher = PolicyMatcher(spec?["matchResources"])
        isNarrow = spec?["matchResources"]?.object != nil
        parameters = spec?["paramRef"].flatMap { $0.object == nil ? nil : ParameterReference($0) }
    }

    /// Why there are no parameters.
    struct Misconfiguration: Error {
        let text: String
    }

    /// The objects to evaluate the policy with, one after the other; null where there are no parameters.
    func parameters(
        of kind: GroupVersionKind?, _ request: PolicyRequest, _ cluster: any PolicyCluster
    ) throws(Misconfiguration) -> [Value] {
        guard let kind, let reference = parameters else { return [.null] }
        guard let source = cluster.parameters(kind) else {
            throw Misconfiguration(text: "paramKind kind `\(kind)` not known")
        }
        var namespace: String?
        if source.isNamespaced {
            let chosen = reference.namespace.isEmpty ? Self.namespace(of: request) : reference.namespace
            guard !chosen.isEmpty else {
                throw Misconfiguration(
                    text: "cannot use namespaced paramRef in policy binding that matches cluster-scoped resources")
            }
            namespace = chosen
        } else if !reference.namespace.isEmpty {
            throw Misconfiguration(text: "paramRef.namespace must not be provided for a cluster-scoped `paramKind`")
        }
        let found: [Value]
        if !reference.name.isEmpty {
            found = source.object(namespace: namespace ?? "", name: reference.name).map { [$0] } ?? []
        } else if let selector = reference.selector {
            found = source.objects(namespace: namespace, selector)
        } else {
            throw Misconfiguration(text: "one of name or selector must be provided")
        }
        if found.isEmpty, reference.deniesIfMissing {
            throw Misconfiguration(text: "no params found for policy binding with `Deny` parameterNotFoundAction")
        }
        return found
    }

    private static func namespace(of request: PolicyRequest) -> String { request.namespace }
}
