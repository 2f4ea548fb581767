import FairleadAPI
import FairleadAdmission
import FairleadClient
import FairleadExpressions
import FairleadKinds
import FairleadModel
import FairleadSchema

/// Writes into the status of ValidatingAdmissionPolicies what does not fit the schemas of the objects that they are about.
///
/// Reference: k8s.io/kubernetes `pkg/controller/validatingadmissionpolicystatus`.
enum PolicyStatusController {
    private static let policies = GroupVersionResource(
        group: "admissionregistration.k8s.io", version: "v1", resource: "validatingadmissionpolicies")

    static let descriptor = ControllerDescriptor(
        "validatingadmissionpolicy-status-controller", alias: "validatingadmissionpolicystatus", workers: 1
    ) { (setup: ControllerSetup<String>, check: PolicyTypeCheck) in
        let policies = setup.watch(Self.policies) { $0.isDeletion ? [] : [$0.name.name] }.lister
        let client = setup.client
        return { name in
            guard let policy = policies.get(namespace: "", name: name)?.value,
                policy.at("status", "observedGeneration")?.int != policy.generation
            else { return .done }
            var status = policy["status"] ?? .object(Object())
            for member in check.status(of: policy).object?.members ?? [] { status[member.key] = member.value }
            try await client.updateStatus(Self.policies, of: policy, to: status)
            return .done
        }
    }
}

extension PolicyTypeCheck {
    /// A check against what a server serves.
    init(_ api: API) {
        @Sendable func declaration(_ kind: Kind) -> RuleDeclaration? {
            if let custom = kind.custom { return custom.version.schema.declaration(isResource: true) }
            return api.types.type(named: kind.info.typeName).map { api.types.declaration(of: $0) }
        }
        self.init(
            resource: { resource in
                guard let kind = api.kinds.kind(resource), let known = declaration(kind) else { return nil }
                return Subject(GroupVersionKind(apiVersion: kind.apiVersion, kind: kind.info.kind), known)
            },
            parameters: { wanted in
                api.kinds.kind(apiVersion: wanted.apiVersion, kind: wanted.kind).flatMap(declaration)
            })
    }
}
