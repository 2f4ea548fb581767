import FairleadModel

extension Kind {
    static let roleBinding = Kind(
        "RoleBinding", group: "rbac.authorization.k8s.io", resource: "rolebindings", package: "rbac.v1",
        storageHash: "eGsCzGH6b1g=", strategy: RoleBindingStrategy(isNamespaced: true),
        columns: .bindings(scope: "roleBinding"))
}
