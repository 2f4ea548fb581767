import FairleadModel
import FairleadSchema

extension Kind {
    static let serviceAccount = Kind(
        "ServiceAccount", resource: "serviceaccounts", shortNames: ["sa"],
        subresources: [
            SubresourceInfo(
                name: "token", kind: "TokenRequest", group: "authentication.k8s.io", version: "v1",
                verbs: ["create"])
        ], package: "core.v1", storageHash: "pbx9ZvyFpBE=", strategy: ServiceAccountStrategy(),
        columns: TablePrinter([.name, .age]) { [$0.name, $0.age] })
}
