import FairleadModel

extension Kind {
    static let customResourceDefinition = Kind(
        "CustomResourceDefinition", group: "apiextensions.k8s.io", resource: "customresourcedefinitions",
        shortNames: ["crd", "crds"], categories: ["api-extensions"], isNamespaced: false,
        subresources: [.status("CustomResourceDefinition")],
        typeName: "io.k8s.apiextensions-apiserver.pkg.apis.apiextensions.v1.CustomResourceDefinition",
        storageHash: "jfWCUB31mvA=", strategy: CustomResourceDefinitionStrategy())
}
