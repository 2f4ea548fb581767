import FairleadModel

extension Kind {
    static let clusterRole = Kind(
        "ClusterRole", group: "rbac.authorization.k8s.io", resource: "clusterroles", isNamespaced: false,
        package: "rbac.v1", storageHash: "bYE5ZWDrJ44=", strategy: RoleStrategy(isNamespaced: false))
}
