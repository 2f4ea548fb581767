import FairleadAPI
import FairleadExpressions
import FairleadKinds
import FairleadModel
import FairleadStorage

/// A webhook that is to be called, and the kind in whose version it sees the object.
struct WebhookInvocation: Sendable {
    let webhook: Webhook
    /// The requested kind, or an equivalent one.
    let kind: Kind

    /// Whether the webhook has to be called about the request.
    ///
    /// Reference: `ShouldCallHook` of k8s.io/apiserver `pkg/admission/plugin/webhook/generic`.
    /// - Returns: nil if not.
    /// - Throws: 404 for a missing namespace, 403 for a condition that fails.
    static func find(
        _ webhook: Webhook, _ attributes: AdmissionAttributes, _ decide: @escaping RequestAuthorizer.Decide
    ) async throws(APIStatus) -> WebhookInvocation? {
        guard let kind = matchedKind(webhook, attributes) else { return nil }
        guard webhook.objectSelector.isEmpty || matchesObject(webhook, attributes) else { return nil }
        guard try matchesNamespace(webhook, attributes) else { return nil }
        let found = WebhookInvocation(webhook: webhook, kind: kind)
        if !webhook.conditions.isEmpty, try await !found.meetsConditions(attributes, decide) { return nil }
        return found
    }

    private static func matchedKind(_ webhook: Webhook, _ attributes: AdmissionAttributes) -> Kind? {
        let requested = attributes.kind
        func matches(_ rule: WebhookRule, _ kind: Kind) -> Bool {
            rule.matches(
                attributes.operation, kind.info.gvr, attributes.subresource, isNamespaced: kind.info.isNamespaced)
        }
        if webhook.rules.contains(where: { matches($0, requested) }) { return requested }
        guard webhook.matchesEquivalents else { return nil }
        let others = attributes.equivalentKinds
        for rule in webhook.rules {
            if let other = others.first(where: { matches(rule, $0) }) { return other }
        }
        return nil
    }

    private static func matchesObject(_ webhook: Webhook, _ attributes: AdmissionAttributes) -> Bool {
        [attributes.object, attributes.oldObject].contains { object in
            object.map { webhook.objectSelector.matches(labelsOf: $0) } ?? false
        }
    }

    private static let namespaces = GroupResource(group: "", resource: "namespaces")

    private static func matchesNamespace(
        _ webhook: Webhook, _ attributes: AdmissionAttributes
    ) throws(APIStatus) -> Bool {
        if webhook.namespaceSelector.isEmpty { return true }
        let isNamespace = attributes.kind.groupResource == namespaces
        guard isNamespace || attributes.kind.info.isNamespaced else { return true }
        if isNamespace, attributes.subresource == nil, let object = attributes.object {
            return webhook.namespaceSelector.matches(labelsOf: object)
        }
        let key = ObjectKey(namespaces, namespace: "", name: attributes.namespace)
        guard let namespace = attributes.snapshot.object(key)?.value else {
            throw .notFound(namespaces, name: attributes.namespace)
        }
        return webhook.namespaceSelector.matches(labelsOf: namespace)
    }

    /// Whether the conditions of the webhook hold.
    private func meetsConditions(
        _ attributes: AdmissionAttributes, _ decide: @escaping RequestAuthorizer.Decide
    ) async throws(APIStatus) -> Bool {
        var request = try await AdmissionReview(self, attributes, uid: "").request
        let (object, old) = (request["object"] ?? .null, request["oldObject"] ?? .null)
        // As in policies, the objects are names of their own.
        for field in ["object", "oldObject"] { request[field] = nil }
        let resource = attributes.kind.info.gvr
        let names = AdmissionEvaluation.Names(
            object: object, oldObject: old, request: request,
            authorizer: RequestAuthorizer(user: attributes.user, decide: decide),
            requestResource: RuleQuestion(
                group: resource.group, resource: resource.resource, subresource: attributes.subresource ?? "",
                namespace: attributes.namespace, name: attributes.name))
        do throws(AdmissionEvaluation.Failure) {
            return try webhook.conditions.hold(about: names)
        } catch {
            if webhook.ignoresFailures { return false }
            throw APIStatus(
                code: 403, reason: "Forbidden", message: error.text,
                details: .init(
                    name: attributes.name, group: attributes.kind.groupResource.group,
                    kind: attributes.kind.groupResource.resource))
        }
    }
}
