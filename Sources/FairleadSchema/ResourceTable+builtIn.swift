import FairleadModel

extension ResourceTable {
    /// The resources of Kubernetes v1.36 that this server has.
    package static let builtIn = ResourceTable(entries.map(\.info))

    /// What differs from resource to resource, in the order of discovery.
    private struct Entry {
        var group: String
        var version = "v1"
        var resource: String
        var kind: String
        var singular: String?
        var shortNames: [String] = []
        var isInAll = false
        var isNamespaced = true
        var verbs: [String] = ResourceTable.everyVerb
        var subresources: [SubresourceInfo] = []
        var package: String
        /// Beside `all`.
        var categories: [String] = []
        /// Where it is not that of the package.
        var typeName: String?
        var storage: GroupResource?
        var hash: String

        var info: ResourceInfo {
            let gvr = GroupVersionResource(group: group, version: version, resource: resource)
            return ResourceInfo(
                gvr: gvr, kind: kind, listKind: kind + "List", singular: singular ?? kind.lowercased(),
                shortNames: shortNames, categories: isInAll ? ["all"] : categories, isNamespaced: isNamespaced,
                verbs: verbs, subresources: subresources.sorted { $0.name < $1.name },
                typeName: typeName ?? "io.k8s.api.\(package).\(kind)",
                storage: storage ?? gvr.groupResource, isStored: verbs.count > 1, storageVersionHash: hash)
        }
    }

    private static let everyVerb: [String] = [
        "create", "delete", "deletecollection", "get", "list", "patch", "update", "watch",
    ]

    private static func status(_ kind: String) -> SubresourceInfo { part("status", kind) }

    private static func part(
        _ name: String, _ kind: String, _ verbs: [String] = ["get", "patch", "update"]
    ) -> SubresourceInfo {
        SubresourceInfo(name: name, kind: kind, group: nil, version: nil, verbs: verbs)
    }

    private static func proxy(_ kind: String) -> SubresourceInfo {
        part("proxy", kind, ["create", "delete", "get", "patch", "update"])
    }

    private static let scale = SubresourceInfo(
        name: "scale", kind: "Scale", group: "autoscaling", version: "v1", verbs: ["get", "patch", "update"])

    private static let entries: [Entry] = coreEntries + groupEntries

    private static let coreEntries: [Entry] = [
        Entry(
            group: "", resource: "bindings", kind: "Binding", verbs: ["create"], package: "core.v1", hash: ""),
        Entry(
            group: "", resource: "configmaps", kind: "ConfigMap", shortNames: ["cm"], package: "core.v1",
            hash: "qFsyl6wFWjQ="),
        Entry(
            group: "", resource: "endpoints", kind: "Endpoints", singular: "endpoints", shortNames: ["ep"],
            package: "core.v1", hash: "fWeeMqaN/OA="),
        Entry(
            group: "", resource: "events", kind: "Event", shortNames: ["ev"], package: "core.v1",
            hash: "r2yiGXH7wu8="),
        Entry(
            group: "", resource: "limitranges", kind: "LimitRange", shortNames: ["limits"], package: "core.v1",
            hash: "EBKMFVe6cwo="),
        Entry(
            group: "", resource: "namespaces", kind: "Namespace", shortNames: ["ns"], isNamespaced: false,
            verbs: ["create", "delete", "get", "list", "patch", "update", "watch"],
            subresources: [part("finalize", "Namespace", ["update"]), status("Namespace")], package: "core.v1",
            hash: "Q3oi5N2YM8M="),
        Entry(
            group: "", resource: "nodes", kind: "Node", shortNames: ["no"], isNamespaced: false,
            subresources: [proxy("NodeProxyOptions"), status("Node")], package: "core.v1", hash: "XwShjMxG9Fs="),
        Entry(
            group: "", resource: "persistentvolumeclaims", kind: "PersistentVolumeClaim", shortNames: ["pvc"],
            subresources: [status("PersistentVolumeClaim")], package: "core.v1", hash: "QWTyNDq0dC4="),
        Entry(
            group: "", resource: "pods", kind: "Pod", shortNames: ["po"], isInAll: true,
            subresources: [
                part("attach", "PodAttachOptions", ["create", "get"]),
                part("binding", "Binding", ["create"]),
                part("ephemeralcontainers", "Pod"),
                SubresourceInfo(
                    name: "eviction", kind: "Eviction", group: "policy", version: "v1", verbs: ["create"]),
                part("exec", "PodExecOptions", ["create", "get"]),
                part("log", "Pod", ["get"]),
                part("portforward", "PodPortForwardOptions", ["create", "get"]),
                proxy("PodProxyOptions"),
                part("resize", "Pod"),
                status("Pod"),
            ],
            package: "core.v1", hash: "xPOwRZ+Yhw8="),
        Entry(
            group: "", resource: "podtemplates", kind: "PodTemplate", package: "core.v1", hash: "LIXB2x4IFpk="),
        Entry(
            group: "", resource: "replicationcontrollers", kind: "ReplicationController", shortNames: ["rc"],
            isInAll: true, subresources: [scale, status("ReplicationController")], package: "core.v1",
            hash: "Jond2If31h0="),
        Entry(
            group: "", resource: "resourcequotas", kind: "ResourceQuota", shortNames: ["quota"],
            subresources: [status("ResourceQuota")], package: "core.v1", hash: "8uhSgffRX6w="),
        Entry(
            group: "", resource: "secrets", kind: "Secret", package: "core.v1", hash: "S6u1pOWzb84="),
        Entry(
            group: "", resource: "serviceaccounts", kind: "ServiceAccount", shortNames: ["sa"],
            subresources: [
                SubresourceInfo(
                    name: "token", kind: "TokenRequest", group: "authentication.k8s.io", version: "v1",
                    verbs: ["create"])
            ],
            package: "core.v1", hash: "pbx9ZvyFpBE="),
        Entry(
            group: "", resource: "services", kind: "Service", shortNames: ["svc"], isInAll: true,
            subresources: [proxy("ServiceProxyOptions"), status("Service")], package: "core.v1",
            hash: "0/CO1lhkEBI="),
    ]

    private static let groupEntries: [Entry] = [
        Entry(
            group: "apps", resource: "controllerrevisions", kind: "ControllerRevision", package: "apps.v1",
            hash: "85nkx63pcBU="),
        Entry(
            group: "apps", resource: "daemonsets", kind: "DaemonSet", shortNames: ["ds"], isInAll: true,
            subresources: [status("DaemonSet")], package: "apps.v1", hash: "dd7pWHUlMKQ="),
        Entry(
            group: "apps", resource: "deployments", kind: "Deployment", shortNames: ["deploy"], isInAll: true,
            subresources: [scale, status("Deployment")], package: "apps.v1", hash: "8aSe+NMegvE="),
        Entry(
            group: "apps", resource: "replicasets", kind: "ReplicaSet", shortNames: ["rs"], isInAll: true,
            subresources: [scale, status("ReplicaSet")], package: "apps.v1", hash: "P1RzHs8/mWQ="),
        Entry(
            group: "apps", resource: "statefulsets", kind: "StatefulSet", shortNames: ["sts"], isInAll: true,
            subresources: [scale, status("StatefulSet")], package: "apps.v1", hash: "H+vl74LkKdo="),
        Entry(
            group: "events.k8s.io", resource: "events", kind: "Event", shortNames: ["ev"], package: "events.v1",
            storage: GroupResource(group: "", resource: "events"), hash: "r2yiGXH7wu8="),
        Entry(
            group: "authentication.k8s.io", resource: "selfsubjectreviews", kind: "SelfSubjectReview",
            isNamespaced: false, verbs: ["create"], package: "authentication.v1", hash: ""),
        Entry(
            group: "authentication.k8s.io", resource: "tokenreviews", kind: "TokenReview", isNamespaced: false,
            verbs: ["create"], package: "authentication.v1", hash: ""),
        Entry(
            group: "authorization.k8s.io", resource: "localsubjectaccessreviews", kind: "LocalSubjectAccessReview",
            verbs: ["create"], package: "authorization.v1", hash: ""),
        Entry(
            group: "authorization.k8s.io", resource: "selfsubjectaccessreviews", kind: "SelfSubjectAccessReview",
            isNamespaced: false, verbs: ["create"], package: "authorization.v1", hash: ""),
        Entry(
            group: "authorization.k8s.io", resource: "selfsubjectrulesreviews", kind: "SelfSubjectRulesReview",
            isNamespaced: false, verbs: ["create"], package: "authorization.v1", hash: ""),
        Entry(
            group: "authorization.k8s.io", resource: "subjectaccessreviews", kind: "SubjectAccessReview",
            isNamespaced: false, verbs: ["create"], package: "authorization.v1", hash: ""),
        Entry(
            group: "autoscaling", version: "v2", resource: "horizontalpodautoscalers",
            kind: "HorizontalPodAutoscaler", shortNames: ["hpa"], isInAll: true,
            subresources: [status("HorizontalPodAutoscaler")], package: "autoscaling.v2", hash: "qwQve8ut294="),
        Entry(
            group: "batch", resource: "cronjobs", kind: "CronJob", shortNames: ["cj"], isInAll: true,
            subresources: [status("CronJob")], package: "batch.v1", hash: "sd5LIXh4Fjs="),
        Entry(
            group: "batch", resource: "jobs", kind: "Job", isInAll: true, subresources: [status("Job")],
            package: "batch.v1", hash: "mudhfqk/qZY="),
        Entry(
            group: "networking.k8s.io", resource: "ingressclasses", kind: "IngressClass", isNamespaced: false,
            package: "networking.v1", hash: "l/iqIbDgFyQ="),
        Entry(
            group: "networking.k8s.io", resource: "ingresses", kind: "Ingress", shortNames: ["ing"],
            subresources: [status("Ingress")], package: "networking.v1", hash: "39NQlfNR+bo="),
        Entry(
            group: "networking.k8s.io", resource: "ipaddresses", kind: "IPAddress", shortNames: ["ip"],
            isNamespaced: false, package: "networking.v1", hash: "3f/plJFChNE="),
        Entry(
            group: "networking.k8s.io", resource: "networkpolicies", kind: "NetworkPolicy", shortNames: ["netpol"],
            package: "networking.v1", hash: "YpfwF18m1G8="),
        Entry(
            group: "networking.k8s.io", resource: "servicecidrs", kind: "ServiceCIDR", isNamespaced: false,
            subresources: [status("ServiceCIDR")], package: "networking.v1", hash: "gNLvruQhW2g="),
        Entry(
            group: "policy", resource: "poddisruptionbudgets", kind: "PodDisruptionBudget", shortNames: ["pdb"],
            subresources: [status("PodDisruptionBudget")], package: "policy.v1", hash: "EVWiDmWqyJw="),
        Entry(
            group: "rbac.authorization.k8s.io", resource: "clusterrolebindings", kind: "ClusterRoleBinding",
            isNamespaced: false, package: "rbac.v1", hash: "48tpQ8gZHFc="),
        Entry(
            group: "rbac.authorization.k8s.io", resource: "clusterroles", kind: "ClusterRole", isNamespaced: false,
            package: "rbac.v1", hash: "bYE5ZWDrJ44="),
        Entry(
            group: "rbac.authorization.k8s.io", resource: "rolebindings", kind: "RoleBinding", package: "rbac.v1",
            hash: "eGsCzGH6b1g="),
        Entry(
            group: "rbac.authorization.k8s.io", resource: "roles", kind: "Role", package: "rbac.v1",
            hash: "7FuwZcIIItM="),
        Entry(
            group: "apiextensions.k8s.io", resource: "customresourcedefinitions", kind: "CustomResourceDefinition",
            shortNames: ["crd", "crds"], isNamespaced: false, subresources: [status("CustomResourceDefinition")],
            package: "", categories: ["api-extensions"],
            typeName: "io.k8s.apiextensions-apiserver.pkg.apis.apiextensions.v1.CustomResourceDefinition",
            hash: "jfWCUB31mvA="),
        Entry(
            group: "coordination.k8s.io", resource: "leases", kind: "Lease", package: "coordination.v1",
            hash: "gqkMMb/YqFM="),
        Entry(
            group: "discovery.k8s.io", resource: "endpointslices", kind: "EndpointSlice", package: "discovery.v1",
            hash: "qgS0xkrxYAI="),
    ]
}
