import FairleadClient
import FairleadIdentity
import FairleadModel

/// As whom a part of this program writes: as the same part of a real cluster does, so that audit, admission and the
/// default roles mean the same things.
enum ComponentIdentity: Sendable, Hashable {
    case user(UserInfo)
    /// The kubelet of the node that the object belongs to.
    case kubelet

    /// The parts of kube-apiserver itself.
    static let apiServer = ComponentIdentity.user(
        UserInfo(name: "system:apiserver", groups: [UserInfo.mastersGroup, UserInfo.authenticatedGroup]))
    static let controllerManager = component("system:kube-controller-manager")
    static let scheduler = component("system:kube-scheduler")

    private static func component(_ name: String) -> ComponentIdentity {
        .user(UserInfo(name: name, groups: [UserInfo.authenticatedGroup]))
    }

    /// - Parameter account: of kube-system.
    static func serviceAccount(_ account: String) -> ComponentIdentity {
        let name = ServiceAccountName(namespace: "kube-system", name: account)
        return .user(UserInfo(name: name.user, groups: name.groups).authenticated)
    }

    /// - Parameter controller: its name, as `--controllers` knows it.
    static func of(_ controller: String) -> ComponentIdentity {
        if let account = accounts[controller] { return serviceAccount(account) }
        switch controller {
        case "kube-scheduler": return scheduler
        case "kubelet", "simulated-nodes": return .kubelet
        case "serviceaccount-token-controller", "service-explanation-controller": return controllerManager
        default: return apiServer
        }
    }

    /// The service accounts of kube-controller-manager's controllers, for which there are default roles.
    private static let accounts = [
        "certificatesigningrequest-cleaner-controller": "certificate-controller",
        "certificatesigningrequest-signing-controller": "certificate-controller",
        "cronjob-controller": "cronjob-controller",
        "clusterrole-aggregation-controller": "clusterrole-aggregation-controller",
        "daemonset-controller": "daemon-set-controller", "deployment-controller": "deployment-controller",
        "disruption-controller": "disruption-controller", "endpoints-controller": "endpoint-controller",
        "endpointslice-controller": "endpointslice-controller",
        "endpointslice-mirroring-controller": "endpointslicemirroring-controller",
        "garbage-collector-controller": "generic-garbage-collector",
        "horizontal-pod-autoscaler-controller": "horizontal-pod-autoscaler", "job-controller": "job-controller",
        "namespace-controller": "namespace-controller", "node-lifecycle-controller": "node-controller",
        "persistentvolume-binder-controller": "persistent-volume-binder",
        "persistentvolume-protection-controller": "pv-protection-controller",
        "persistentvolumeclaim-protection-controller": "pvc-protection-controller",
        "pod-garbage-collector-controller": "pod-garbage-collector", "replicaset-controller": "replicaset-controller",
        "replicationcontroller-controller": "replication-controller",
        "resourcequota-controller": "resourcequota-controller",
        "root-ca-certificate-publisher-controller": "root-ca-cert-publisher",
        "service-cidr-controller": "service-cidrs-controller", "service-lb-controller": "service-controller",
        "serviceaccount-controller": "service-account-controller", "statefulset-controller": "statefulset-controller",
        "ttl-after-finished-controller": "ttl-after-finished-controller",
        "volumeattributesclass-protection-controller": "volumeattributesclass-protection-controller",
    ]

    /// - Parameters:
    ///   - object: what is written, or what is there.
    func user(_ resource: GroupVersionResource, name: String, _ object: () -> Value?) -> UserInfo {
        guard case .kubelet = self else {
            if case .user(let user) = self { return user }
            return .anonymous
        }
        // Nodes, their leases and their CSINodes bear its name.
        let node = object()?.text("spec", "nodeName") ?? ""
        return UserInfo(
            name: "system:node:\(node.isEmpty ? name : node)", groups: ["system:nodes", UserInfo.authenticatedGroup])
    }
}
