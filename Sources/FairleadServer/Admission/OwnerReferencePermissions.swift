import FairleadAPI
import FairleadAuthorization
import FairleadKinds
import FairleadModel
import FairleadStorage

/// The plugin OwnerReferencesPermissionEnforcement: who changes the owners of an object must be allowed to delete it,
/// and who blocks the deletion of an owner must be allowed to set the owner's finalizers.
///
/// Reference: Kubernetes documentation, "Admission Controllers"; `plugin/pkg/admission/gc`.
struct OwnerReferencePermissions: DynamicAdmission {
    private static let pods = GroupResource(group: "", resource: "pods")

    let access: AccessControl

    func isInterested(
        in operation: AdmissionOperation, _ kind: Kind, subresource: String?, _ snapshot: Snapshot
    ) -> Bool {
        (operation == .create || operation == .update)
            && !(subresource == "status" && kind.groupResource == Self.pods)
    }

    func mutate(_ attributes: AdmissionAttributes) async throws(APIStatus) -> Value? { attributes.object }

    func validate(_ attributes: AdmissionAttributes) async throws(APIStatus) {
        // This program's own components are trusted; their roles are a matter of tests.
        if attributes.requester.isComponent { return }
        let owners = Self.owners(attributes.object)
        let before = Self.owners(attributes.oldObject)
        if owners == before { return }
        if attributes.operation != .create {
            let own = attributes.kind.info.gvr
            let decision = access.decide(
                AccessAttributes(
                    user: attributes.user, verb: "delete",
                    .init(
                        group: own.group, version: own.version, resource: own.resource,
                        subresource: attributes.subresource ?? "", namespace: attributes.namespace,
                        name: attributes.name)))
            if !decision.isAllowed {
                throw refusal(
                    attributes, "cannot set an ownerRef on a resource you can't delete: \(decision.reason), <nil>")
            }
        }
        let blocked = Set(before.filter(Self.blocks).map { $0.text("uid") })
        for owner in owners where Self.blocks(owner) && !blocked.contains(owner.text("uid")) {
            try checkFinalizers(of: owner, attributes)
        }
    }

    private func checkFinalizers(of owner: Value, _ attributes: AdmissionAttributes) throws(APIStatus) {
        let apiVersion = owner.text("apiVersion")
        let kindName = owner.text("kind")
        guard let kind = attributes.api.kinds.kind(apiVersion: apiVersion, kind: kindName) else {
            throw refusal(
                attributes,
                "cannot set blockOwnerDeletion in this case because cannot find RESTMapping for APIVersion "
                    + "\(apiVersion) Kind \(kindName): no matches for kind \(kindName.goQuoted) in version "
                    + apiVersion.goQuoted)
        }
        let gvr = kind.info.gvr
        let decision = access.decide(
            AccessAttributes(
                user: attributes.user, verb: "update",
                .init(
                    group: gvr.group, version: gvr.version, resource: gvr.resource, subresource: "finalizers",
                    namespace: kind.info.isNamespaced ? attributes.namespace : "", name: owner.text("name"))))
        if decision.isAllowed { return }
        throw refusal(
            attributes,
            "cannot set blockOwnerDeletion if an ownerReference refers to a resource you can't set finalizers on: "
                + "\(decision.reason), <nil>")
    }

    private func refusal(_ attributes: AdmissionAttributes, _ why: String) -> APIStatus {
        var name = attributes.name
        if name.isEmpty { name = attributes.object?.generateName ?? "" }
        return .forbidden(attributes.kind.groupResource, name: name.isEmpty ? "Unknown" : name, why)
    }

    private static func owners(_ object: Value?) -> [Value] {
        object?.at("metadata", "ownerReferences")?.array ?? []
    }

    private static func blocks(_ owner: Value) -> Bool { owner["blockOwnerDeletion"] == true }
}
