import FairleadAPI
import FairleadAdmission
import FairleadExpressions
import FairleadKinds
import FairleadModel
import FairleadStorage

/// The admission plugins MutatingAdmissionPolicy and ValidatingAdmissionPolicy.
struct PolicyAdmission: DynamicAdmission {
    private let catalog: PolicyCatalog
    private let metrics: PolicyMetrics
    private let decide: RequestAuthorizer.Decide

    /// - Parameter decide: whether a user may do what an expression asks about.
    init(
        _ catalog: PolicyCatalog = PolicyCatalog(), metrics: PolicyMetrics = PolicyMetrics(),
        decide: @escaping RequestAuthorizer.Decide
    ) {
        self.catalog = catalog
        self.metrics = metrics
        self.decide = decide
    }

    func isInterested(
        in operation: AdmissionOperation, _ kind: Kind, subresource: String?, _ snapshot: Snapshot
    ) -> Bool {
        guard PolicyCatalog.isBound(snapshot) else { return false }
        // Policies that have not been compiled yet may be about anything.
        return catalog.known(snapshot)?.isInterested(in: kind.groupResource) ?? true
    }

    private static let name = "MutatingAdmissionPolicy"

    func mutate(_ attributes: AdmissionAttributes) async throws(APIStatus) -> Value? {
        let set = catalog.policies(attributes.snapshot)
        guard set.isInterested(in: attributes.kind.groupResource), let before = attributes.object else {
            return attributes.object
        }
        let note = attributes.reinvocation[Self.name] as? Note
        var reinvocation = note?.reinvocation ?? PolicyReinvocation()
        if attributes.reinvocation.isSecond {
            // Somebody else has changed what the policies left.
            if let note, note.object != before { reinvocation.objectChanged() }
            reinvocation.beginAgain()
        }
        let after = try set.mutate(
            request(attributes), cluster(attributes), PolicyObjectPatcher(attributes: attributes), &reinvocation,
            observe: metrics.observe)
        if let after, after != before { attributes.reinvocation.request() }
        attributes.reinvocation[Self.name] = Note(reinvocation: reinvocation, object: after ?? before)
        return after
    }

    func validate(_ attributes: AdmissionAttributes) async throws(APIStatus) {
        let set = catalog.policies(attributes.snapshot)
        guard set.isInterested(in: attributes.kind.groupResource) else { return }
        let verdict = set.validate(request(attributes), cluster(attributes))
        for observation in verdict.observations { metrics.observe(observation) }
        for warning in verdict.warnings { attributes.notes.warn(warning) }
        for annotation in verdict.annotations { attributes.notes.annotate(annotation.key, annotation.value) }
        if let denial = verdict.denial { throw denial }
    }

    /// What is kept between the two passes of plugins that change objects.
    private struct Note: Sendable {
        let reinvocation: PolicyReinvocation
        let object: Value
    }

    private func request(_ attributes: AdmissionAttributes) -> PolicyRequest {
        let kind = attributes.objectKind
        return PolicyRequest(
            operation: attributes.operation.rawValue, resource: attributes.kind.info.gvr,
            subresource: attributes.subresource ?? "",
            kind: GroupVersionKind(apiVersion: kind.apiVersion, kind: kind.kind), name: attributes.name,
            namespace: attributes.namespace, object: attributes.object, oldObject: attributes.oldObject,
            options: attributes.options, isDryRun: attributes.isDryRun,
            user: attributes.user, namespaceObject: attributes.namespaceObject)
    }

    private func cluster(_ attributes: AdmissionAttributes) -> some PolicyCluster {
        StorePolicyCluster(attributes: attributes, decide: decide)
    }
}

/// What policies ask this server.
private struct StorePolicyCluster: PolicyCluster {
    let attributes: AdmissionAttributes
    let decide: RequestAuthorizer.Decide

    func equivalents(of resource: GroupVersionResource, subresource: String) -> [PolicyMatch] {
        guard subresource.isEmpty || subresource == "status" else { return [] }
        return attributes.api.kinds.versions(of: resource.groupResource).filter { $0.info.gvr != resource }.map {
            PolicyMatch($0.info.gvr, GroupVersionKind(apiVersion: $0.apiVersion, kind: $0.info.kind))
        }
    }

    func converted(_ object: Value, to kind: GroupVersionKind) -> Value? {
        guard let target = attributes.api.kinds.kind(apiVersion: kind.apiVersion, kind: kind.kind) else { return nil }
        // The kind may be the request's own: back from another one.
        let source = attributes.api.kinds.kind(apiVersion: object.apiVersion, kind: object.kind) ?? attributes.kind
        let stored = source.conversion?.toStored(object) ?? object
        if target.custom != nil { return target.presented(stored) }
        var converted = target.conversion?.fromStored(stored) ?? stored
        converted["apiVersion"] = .string(kind.apiVersion)
        converted["kind"] = .string(kind.kind)
        return converted
    }

    func parameters(_ kind: GroupVersionKind) -> (any PolicyParameters)? {
        attributes.api.kinds.kind(apiVersion: kind.apiVersion, kind: kind.kind).map {
            StoredParameters(kind: $0, snapshot: attributes.snapshot)
        }
    }

    func authorizer(for user: UserInfo) -> any RuleAuthorizer {
        RequestAuthorizer(user: user, decide: decide)
    }
}

private struct StoredParameters: PolicyParameters {
    let kind: Kind
    let snapshot: Snapshot

    var isNamespaced: Bool { kind.info.isNamespaced }

    func object(namespace: String, name: String) -> Value? {
        snapshot.object(kind.key(namespace: namespace, name: name)).map { shown($0.value) }
    }

    func objects(namespace: String?, _ selector: LabelSelector) -> [Value] {
        snapshot.objects(kind.info.storage, namespace: namespace).map(\.value)
            .filter { selector.matches(labelsOf: $0) }.map(shown)
    }

    private func shown(_ stored: Value) -> Value {
        if kind.custom != nil { return kind.presented(stored) }
        var object = kind.conversion?.fromStored(stored) ?? stored
        object["apiVersion"] = .string(kind.apiVersion)
        object["kind"] = .string(kind.info.kind)
        return object
    }
}
