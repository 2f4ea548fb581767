import FairleadModel

extension Kind {
    static let role = Kind(
        "Role", group: "rbac.authorization.k8s.io", resource: "roles", package: "rbac.v1", storageHash: "7FuwZcIIItM=",
        strategy: RoleStrategy(isNamespaced: true))
}
