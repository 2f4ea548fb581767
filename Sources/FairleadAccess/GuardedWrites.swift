package import FairleadAPI
package import FairleadAuthorization
package import FairleadKinds
package import FairleadModel
package import FairleadStorage

/// Admission that belongs to authorization: a `WriteGuard`, asked in the first phase of admission.
package struct GuardedWrites: DynamicAdmission {
    private let check: any WriteGuard
    /// The resources it has something to say about.
    private let resources: [GroupResource]

    private init(_ check: any WriteGuard, _ resources: [GroupResource]) {
        self.check = check
        self.resources = resources
    }

    /// Nobody grants rights that they do not have.
    package static func escalation(_ access: AccessControl) -> GuardedWrites {
        GuardedWrites(EscalationCheck(access), RoleResources.all)
    }

    /// Kubelets keep to their own nodes and pods.
    package static func nodes(_ access: AccessControl, store: Store) -> GuardedWrites {
        GuardedWrites(NodeRestriction(access, store: store), NodeRestriction.resources)
    }

    package func isInterested(
        in operation: AdmissionOperation, _ kind: Kind, subresource: String?, _ snapshot: Snapshot
    ) -> Bool {
        // Few enough that comparing is quicker than hashing.
        operation != .connect
            && resources.contains { $0.resource == kind.info.gvr.resource && $0.group == kind.info.gvr.group }
    }

    package func mutate(_ attributes: AdmissionAttributes) async throws(APIStatus) -> Value? {
        let operation: WriteAttempt.Operation
        switch attributes.operation {
        case .create: operation = .create
        case .update: operation = .update
        case .delete: operation = .delete
        case .connect: return attributes.object
        }
        // This program's own components are trusted; their roles are a matter of tests.
        if attributes.requester.isComponent { return attributes.object }
        let old = attributes.oldObject
        try check.check(
            WriteAttempt(
                user: attributes.user, operation: operation, resource: attributes.kind.groupResource,
                subresource: attributes.subresource ?? "", namespace: attributes.namespace,
                name: attributes.name.isEmpty ? attributes.object?.name ?? old?.name ?? "" : attributes.name,
                pathName: attributes.requester.pathName, object: attributes.object, old: old))
        return attributes.object
    }

    package func validate(_ attributes: AdmissionAttributes) async throws(APIStatus) {}
}
