import FairleadModel
import FairleadStorage

/// The authorizer Node: a kubelet may read what the pods on its node need, and write about itself and them.
///
/// Reference: Kubernetes documentation, "Using Node Authorization".
final class NodeAuthorizer: Sendable {
    private let tables: FollowedTables<NodeTables>

    init(_ store: Store) { tables = FollowedTables(store) }

    private func isRelated(_ key: ObjectKey, to node: String) -> Bool {
        tables.read { $0.isRelated(key, to: node) }
    }

    /// What every kubelet may do, apart from the resources that are looked at one by one.
    private static let rules = DefaultRoles.clusterRoles.first { $0.name == "system:node" }?.rules ?? []

    func decide(_ wanted: AccessAttributes) -> AccessDecision {
        guard let identity = NodeIdentity(wanted.user) else { return .noOpinion }
        if identity.node.isEmpty { return refused("unknown node for user \(wanted.user.name.goQuoted)") }
        if let resource = wanted.resource, let rule = Rule(resource) {
            return decide(rule, wanted.verb, resource, identity.node)
        }
        return Self.rules.contains { $0.allows(wanted) } ? .allowed : .noOpinion
    }

    /// How the requests about some resources are decided.
    private enum Rule {
        case readRelated, getRelated, claimStatus, token, lease, csiNode, slice, node, pod

        init?(_ resource: AccessAttributes.Resource) {
            switch (resource.group, resource.resource) {
            case ("", "secrets"), ("", "configmaps"): self = .readRelated
            case ("", "persistentvolumeclaims"):
                self = resource.subresource == "status" ? .claimStatus : .getRelated
            case ("", "persistentvolumes"), ("resource.k8s.io", "resourceclaims"),
                ("storage.k8s.io", "volumeattachments"):
                self = .getRelated
            case ("", "serviceaccounts"): self = .token
            case ("", "nodes"): self = .node
            case ("", "pods"): self = .pod
            case ("coordination.k8s.io", "leases"): self = .lease
            case ("storage.k8s.io", "csinodes"): self = .csiNode
            case ("resource.k8s.io", "resourceslices"): self = .slice
            default: return nil
            }
        }
    }

    private func decide(
        _ rule: Rule, _ verb: String, _ resource: AccessAttributes.Resource, _ node: String
    ) -> AccessDecision {
        switch rule {
        case .readRelated:
            guard ["get", "list", "watch"].contains(verb) else {
                return refused("can only read resources of this type")
            }
            guard resource.subresource.isEmpty else { return refused("cannot read subresource") }
            guard !resource.namespace.isEmpty else {
                return refused("can only read namespaced object of this type")
            }
            return related(resource, node)
        case .getRelated: return getRelated(verb, resource, node)
        case .claimStatus:
            guard ["update", "patch"].contains(verb) else { return refused("can only get/update/patch this type") }
            return related(resource, node)
        case .token:
            guard verb == "create", !resource.name.isEmpty else {
                return refused("can only create tokens for individual service accounts")
            }
            guard resource.subresource == "token" else {
                return refused("can only create token subresource of serviceaccount")
            }
            return related(resource, node)
        case .lease: return lease(verb, resource, node)
        case .csiNode: return csiNode(verb, resource, node)
        case .slice: return slice(verb, resource, node)
        case .node: return ownNode(verb, resource, node)
        case .pod: return pod(verb, resource, node)
        }
    }

    private func getRelated(_ verb: String, _ resource: AccessAttributes.Resource, _ node: String) -> AccessDecision {
        guard verb == "get" else { return refused("can only get individual resources of this type") }
        guard resource.subresource.isEmpty else { return refused("cannot get subresource") }
        return related(resource, node)
    }

    private func related(_ resource: AccessAttributes.Resource, _ node: String) -> AccessDecision {
        if resource.name.isEmpty { return refused("No Object name found") }
        let key = ObjectKey(
            GroupResource(group: resource.group, resource: resource.resource), namespace: resource.namespace,
            name: resource.name)
        if isRelated(key, to: node) { return .allowed }
        return refused("no relationship found between node '\(node)' and this object")
    }

    private func lease(_ verb: String, _ resource: AccessAttributes.Resource, _ node: String) -> AccessDecision {
        guard ["get", "create", "update", "patch", "delete"].contains(verb) else {
            return refused("can only get, create, update, patch, or delete a node lease")
        }
        guard resource.namespace == NodeRestriction.leaseNamespace else {
            return refused(NodeRestriction.otherLeases)
        }
        // The name of a new one is not known yet: admission checks it.
        guard verb == "create" || resource.name.isSameBytes(as: node) else {
            return refused(NodeRestriction.otherLease)
        }
        return .allowed
    }

    private func csiNode(_ verb: String, _ resource: AccessAttributes.Resource, _ node: String) -> AccessDecision {
        guard ["get", "create", "update", "patch", "delete"].contains(verb) else {
            return refused("can only get, create, update, patch, or delete a CSINode")
        }
        guard resource.subresource.isEmpty else { return refused("cannot authorize CSINode subresources") }
        guard verb == "create" || resource.name.isSameBytes(as: node) else {
            return refused(NodeRestriction.otherCSINode)
        }
        return .allowed
    }

    private func slice(_ verb: String, _ resource: AccessAttributes.Resource, _ node: String) -> AccessDecision {
        guard resource.subresource.isEmpty else { return refused("cannot authorize ResourceSlice subresources") }
        switch verb {
        case "create": return .allowed
        case "get", "update", "patch", "delete": return related(resource, node)
        case "watch", "list", "deletecollection":
            if resource.selects("nodeName", node) { return .allowed }
            return refused("can only list/watch/deletecollection resourceslices with nodeName field selector")
        default:
            return refused(
                "only the following verbs are allowed for a ResourceSlice: get, watch, list, create, update, patch, "
                    + "delete, deletecollection")
        }
    }

    private func ownNode(_ verb: String, _ resource: AccessAttributes.Resource, _ node: String) -> AccessDecision {
        switch (resource.subresource, verb) {
        // Admission sees to it that it is its own.
        case ("", "create"), ("", "update"), ("", "patch"), ("status", "update"), ("status", "patch"): return .allowed
        case ("", "get"), ("", "list"), ("", "watch"):
            if resource.name.isSameBytes(as: node) { return .allowed }
            return refused(
                resource.name.isEmpty
                    ? "node '\(node)' cannot read all nodes, only its own Node object"
                    : "node '\(node)' cannot read '\(resource.name)', only its own Node object")
        default: return .noOpinion
        }
    }

    private func pod(_ verb: String, _ resource: AccessAttributes.Resource, _ node: String) -> AccessDecision {
        switch (resource.subresource, verb) {
        case ("", "get"): return getRelated(verb, resource, node)
        case ("", "list"), ("", "watch"):
            if resource.selects("spec.nodeName", node) { return .allowed }
            if !resource.name.isEmpty { return related(resource, node) }
            return refused("can only list/watch pods with spec.nodeName field selector")
        // Admission sees to it that the pods are on its node.
        case ("", "create"), ("", "delete"), ("status", "update"), ("status", "patch"), ("eviction", "create"):
            return .allowed
        default: return .noOpinion
        }
    }

    private func refused(_ why: String) -> AccessDecision { AccessDecision(isAllowed: false, reason: why) }
}

extension AccessAttributes.Resource {
    fileprivate func selects(_ field: String, _ value: String) -> Bool {
        fields.contains { $0.field == field && $0.op == .equals && $0.value.isSameBytes(as: value) }
    }
}
