import FairleadModel

extension Kind {
    static let clusterRoleBinding = Kind(
        "ClusterRoleBinding", group: "rbac.authorization.k8s.io", resource: "clusterrolebindings", isNamespaced: false,
        package: "rbac.v1", storageHash: "48tpQ8gZHFc=", strategy: RoleBindingStrategy(isNamespaced: false),
        columns: .bindings(scope: "clusterRoleBinding"))
}
