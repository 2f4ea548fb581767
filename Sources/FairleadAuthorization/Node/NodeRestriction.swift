package import FairleadModel
package import FairleadStorage

/// The admission plugin NodeRestriction: a kubelet may change only its own node and the pods on it.
///
/// Reference: Kubernetes documentation, "Admission Controllers", NodeRestriction; `plugin/pkg/admission/noderestriction`.
package struct NodeRestriction: WriteGuard {
    static let leaseNamespace = "kube-node-lease"
    static let otherLeases = "can only access leases in the \"kube-node-lease\" system namespace"
    static let otherLease = "can only access node lease with the same name as the requesting node"
    static let otherCSINode = "can only access CSINode with the same name as the requesting node"

    /// What it checks.
    package static let resources = [
        NodeTables.pods, GroupResource(group: "", resource: "nodes"), PodReferences.claims,
        PodReferences.serviceAccounts, GroupResource(group: "coordination.k8s.io", resource: "leases"),
        GroupResource(group: "storage.k8s.io", resource: "csinodes"), NodeTables.slices,
    ]

    private let store: Store
    private let access: AccessControl

    package init(_ access: AccessControl, store: Store) {
        self.access = access
        self.store = store
    }

    package func check(_ attempt: WriteAttempt) throws(APIStatus) {
        guard let identity = NodeIdentity(attempt.user) else { return }
        guard !identity.node.isEmpty else {
            throw attempt.forbidden("could not determine node from user \(attempt.user.name.goQuoted)")
        }
        let node = identity.node
        switch (attempt.resource.group, attempt.resource.resource) {
        case ("", "pods"): try checkPod(attempt, node)
        case ("", "nodes"): try checkNode(attempt, node)
        case ("", "persistentvolumeclaims"): try checkClaim(attempt, node)
        case ("", "serviceaccounts"): try checkToken(attempt, node)
        case ("coordination.k8s.io", "leases"):
            if attempt.namespace != Self.leaseNamespace { throw attempt.forbidden(Self.otherLeases) }
            if !attempt.name.isSameBytes(as: node) { throw attempt.forbidden(Self.otherLease) }
        case ("storage.k8s.io", "csinodes"):
            if !attempt.name.isSameBytes(as: node) { throw attempt.forbidden(Self.otherCSINode) }
        case ("resource.k8s.io", "resourceslices"): try checkSlice(attempt, node)
        default: break
        }
    }

    // MARK: - pods

    private func checkPod(_ attempt: WriteAttempt, _ node: String) throws(APIStatus) {
        let quoted = node.goQuoted
        switch (attempt.subresource, attempt.operation) {
        case ("", .create): try checkNewPod(attempt, node)
        case ("", .delete):
            guard isOn(attempt.old, node) else {
                throw attempt.forbidden("node \(quoted) can only delete pods with spec.nodeName set to itself")
            }
        case ("", .update):
            throw attempt.forbidden(
                "unexpected operation \"UPDATE\", node \(quoted) can only create and delete mirror pods")
        case ("status", .update): try checkPodStatus(attempt, node)
        case ("status", let operation):
            throw attempt.forbidden("unexpected operation \(operation.rawValue.goQuoted)")
        case ("eviction", .create):
            guard let pod = object("pods", attempt.namespace, attempt.name) else {
                throw .notFound(NodeTables.pods, name: attempt.name)
            }
            guard isOn(pod, node) else {
                throw attempt.forbidden("node \(node) can only evict pods with spec.nodeName set to itself")
            }
        case ("eviction", let operation): throw attempt.forbidden("unexpected operation \(operation.rawValue)")
        case (let other, _):
            throw attempt.forbidden(
                "unexpected pod subresource \(other.goQuoted), only 'status' and 'eviction' are allowed")
        }
    }

    private func isOn(_ pod: Value?, _ node: String) -> Bool {
        pod?.text("spec", "nodeName").isSameBytes(as: node) ?? false
    }

    private func object(_ resource: String, _ namespace: String, _ name: String) -> Value? {
        let resource = GroupResource(group: "", resource: resource)
        return store.current.object(ObjectKey(resource, namespace: namespace, name: name))?.value
    }

    private func checkNewPod(_ attempt: WriteAttempt, _ node: String) throws(APIStatus) {
        let pod = attempt.object ?? .null
        let quoted = node.goQuoted
        guard PodReferences.isMirror(pod) else {
            throw attempt.forbidden(
                "pod does not have \"kubernetes.io/config.mirror\" annotation, node \(quoted) can only create mirror pods"
            )
        }
        guard isOn(pod, node) else {
            throw attempt.forbidden("node \(quoted) can only create pods with spec.nodeName set to itself")
        }
        let owners = pod.items("metadata", "ownerReferences")
        guard owners.count <= 1 else {
            throw attempt.forbidden(
                "node \(quoted) can only create pods with a single owner reference set to itself")
        }
        guard let owner = owners.first, owner.text("apiVersion") == "v1", owner.text("kind") == "Node",
            owner.text("name").isSameBytes(as: node)
        else {
            throw attempt.forbidden("node \(quoted) can only create pods with an owner reference set to itself")
        }
        guard owner.flag("controller") else {
            throw attempt.forbidden(
                "node \(quoted) can only create pods with a controller owner reference set to itself")
        }
        if owner.flag("blockOwnerDeletion") {
            throw attempt.forbidden("node \(quoted) must not set blockOwnerDeletion on an owner reference")
        }
        guard let own = object("nodes", "", node) else {
            throw .notFound(GroupResource(group: "", resource: "nodes"), name: node)
        }
        guard owner.text("uid").isSameBytes(as: own.uid) else {
            throw attempt.forbidden("node \(node) UID mismatch: expected \(owner.text("uid")) got \(own.uid)")
        }
        try checkReferences(attempt, pod, quoted)
    }

    /// A mirror pod gets nothing from the API server.
    private func checkReferences(_ attempt: WriteAttempt, _ pod: Value, _ quoted: String) throws(APIStatus) {
        let found = Set(PodReferences.of(pod).map(\.resource))
        let words = [
            (PodReferences.serviceAccounts, "a service account"), (PodReferences.secrets, "secrets"),
            (PodReferences.configMaps, "configmaps"),
        ]
        for (resource, words) in words where found.contains(resource) {
            throw attempt.forbidden("node \(quoted) can not create pods that reference \(words)")
        }
        let volumes = pod.items("spec", "volumes")
        let sources = volumes.flatMap { $0.items("projected", "sources") }
        if sources.contains(where: { $0["clusterTrustBundle"] != nil }) {
            throw attempt.forbidden("node \(quoted) can not create pods that reference clustertrustbundles")
        }
        if volumes.contains(where: { $0["persistentVolumeClaim"] != nil }) {
            throw attempt.forbidden("node \(quoted) can not create pods that reference persistentvolumeclaims")
        }
    }

    private func checkPodStatus(_ attempt: WriteAttempt, _ node: String) throws(APIStatus) {
        guard isOn(attempt.old, node) else {
            throw attempt.forbidden(
                "node \(node.goQuoted) can only update pod status for pods with spec.nodeName set to itself")
        }
        let (object, old) = (attempt.object ?? .null, attempt.old ?? .null)
        guard object.labels == old.labels else {
            throw attempt.forbidden("node \(node.goQuoted) cannot update labels through pod status")
        }
        guard object.items("status", "resourceClaimStatuses") == old.items("status", "resourceClaimStatuses") else {
            throw attempt.forbidden("node \(node.goQuoted) cannot update resource claim statues")
        }
    }

    // MARK: - nodes

    private func checkNode(_ attempt: WriteAttempt, _ node: String) throws(APIStatus) {
        let quoted = node.goQuoted
        guard attempt.name.isSameBytes(as: node) else {
            throw attempt.forbidden("node \(quoted) is not allowed to modify node \(attempt.name.goQuoted)")
        }
        guard let object = attempt.object else { return }
        let source = object.at("spec", "configSource")
        guard let old = attempt.old else {
            if source != nil {
                throw attempt.forbidden("node \(quoted) is not allowed to create pods with a non-nil configSource")
            }
            let forbidden = NodeLabels.forbidden(in: object.labels, old: [:])
            if !forbidden.isEmpty {
                throw attempt.forbidden("node \(quoted) is not allowed to set the following labels: \(forbidden)")
            }
            return
        }
        if source != nil, source != old.at("spec", "configSource") {
            throw attempt.forbidden(
                "node \(quoted) is not allowed to update configSource to a new non-nil configSource")
        }
        guard object.items("spec", "taints") == old.items("spec", "taints") else {
            throw attempt.forbidden("node \(quoted) is not allowed to modify taints")
        }
        let forbidden = NodeLabels.forbidden(in: object.labels, old: old.labels)
        if !forbidden.isEmpty { throw attempt.forbidden("is not allowed to modify labels: \(forbidden)") }
        guard object.items("metadata", "ownerReferences") == old.items("metadata", "ownerReferences") else {
            throw attempt.forbidden("node \(quoted) is not allowed to modify ownerReferences")
        }
    }

    // MARK: - other kinds

    private func checkClaim(_ attempt: WriteAttempt, _ node: String) throws(APIStatus) {
        guard attempt.subresource == "status" else { throw attempt.forbidden("may only update PVC status") }
        guard attempt.operation == .update, var object = attempt.object, var old = attempt.old else {
            throw attempt.forbidden("unexpected operation \(attempt.operation.rawValue.goQuoted)")
        }
        let free = ["capacity", "conditions", "allocatedResourceStatuses", "allocatedResources"]
        for field in free {
            object.set(nil, at: "status", field)
            old.set(nil, at: "status", field)
        }
        for field in ["resourceVersion", "managedFields"] {
            object.set(nil, at: "metadata", field)
            old.set(nil, at: "metadata", field)
        }
        guard object == old else {
            throw attempt.forbidden(
                "node \(node.goQuoted) is not allowed to update fields other than status.capacity and status.conditions"
            )
        }
    }

    private func checkSlice(_ attempt: WriteAttempt, _ node: String) throws(APIStatus) {
        // Both versions: an update must neither take another node's slice nor give one away.
        for object in [attempt.object, attempt.old].compactMap({ $0 })
        where !object.text("spec", "nodeName").isSameBytes(as: node) {
            throw attempt.forbidden(
                "can only \(attempt.operation.rawValue.lowercased()) ResourceSlice with the same NodeName as the requesting node"
            )
        }
    }

    private func checkToken(_ attempt: WriteAttempt, _ node: String) throws(APIStatus) {
        guard attempt.operation == .create, attempt.subresource == "token" else { return }
        let request = attempt.object ?? .null
        let bound = request.at("spec", "boundObjectRef") ?? .null
        guard bound.text("apiVersion") == "v1", bound.text("kind") == "Pod", !bound.text("name").isEmpty else {
            throw attempt.forbidden("node requested token not bound to a pod")
        }
        let uid = bound.text("uid")
        guard !uid.isEmpty else {
            throw attempt.forbidden("node requested token with a pod binding without a uid")
        }
        guard let pod = object("pods", attempt.namespace, bound.text("name")) else {
            throw .notFound(NodeTables.pods, name: bound.text("name"))
        }
        guard uid.isSameBytes(as: pod.uid) else {
            throw attempt.forbidden(
                "the UID in the bound object reference (\(uid)) does not match the UID in record. "
                    + "The object might have been deleted and then recreated")
        }
        guard isOn(pod, node) else {
            throw attempt.forbidden("node requested token bound to a pod scheduled on a different node")
        }
        try checkAudiences(attempt, pod)
    }

    /// A kubelet gets tokens for the audiences that the pod's volumes ask for.
    private func checkAudiences(_ attempt: WriteAttempt, _ pod: Value) throws(APIStatus) {
        let audiences = attempt.object?.texts("spec", "audiences") ?? []
        guard audiences.count <= 1 else { throw attempt.forbidden("node may only request 0 or 1 audiences") }
        let audience = audiences.first ?? ""
        let tokens = pod.items("spec", "volumes").flatMap { $0.items("projected", "sources") }
            .compactMap { $0["serviceAccountToken"] }
        if tokens.contains(where: { $0.text("audience").isSameBytes(as: audience) }) { return }
        let asking = AccessAttributes(
            user: attempt.user, verb: "request-serviceaccounts-token-audience",
            AccessAttributes.Resource(resource: audience, namespace: attempt.namespace, name: attempt.name))
        if access.allows(asking) { return }
        throw attempt.forbidden(
            "audience \(audience.goQuoted) not found in pod spec volume, \(attempt.user.name) is not authorized to "
                + "request tokens for this audience")
    }
}

/// Which labels a kubelet may set on its node: all but those of Kubernetes that schedulers and administrators rely on.
///
/// Reference: k8s.io/kubelet `pkg/apis`.
enum NodeLabels {
    private static let allowed: Set<String> = [
        "kubernetes.io/hostname", "kubernetes.io/os", "kubernetes.io/arch", "node.kubernetes.io/instance-type",
        "topology.kubernetes.io/zone", "topology.kubernetes.io/region", "beta.kubernetes.io/os",
        "beta.kubernetes.io/arch", "beta.kubernetes.io/instance-type", "failure-domain.beta.kubernetes.io/zone",
        "failure-domain.beta.kubernetes.io/region", "node.kubernetes.io/windows-build",
    ]
    private static let allowedDomains = ["kubelet.kubernetes.io", "node.kubernetes.io"]
    private static let restricted = "node-restriction.kubernetes.io"

    /// The changed labels that it may not change, sorted, in one text.
    static func forbidden(in labels: [String: String], old: [String: String]) -> String {
        Set(labels.keys).union(old.keys).filter { labels[$0] != old[$0] && isForbidden($0) }.sorted()
            .joined(separator: ", ")
    }

    private static func isForbidden(_ label: String) -> Bool {
        guard let slash = label.firstIndex(of: "/") else { return false }
        let domain = label[..<slash]
        func isWithin(_ parent: String) -> Bool { domain == parent || domain.hasSuffix("." + parent) }
        if isWithin(restricted) { return true }
        guard isWithin("kubernetes.io") || isWithin("k8s.io") else { return false }
        return !allowed.contains(label) && !allowedDomains.contains(where: isWithin)
    }
}
