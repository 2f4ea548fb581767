import FairleadModel

extension Kind {
    static let networkPolicy = Kind(
        "NetworkPolicy", group: "networking.k8s.io", resource: "networkpolicies", shortNames: ["netpol"],
        package: "networking.v1", storageHash: "YpfwF18m1G8=", strategy: NetworkPolicyStrategy(),
        columns: TablePrinter([.name, TableColumn("Pod-Selector"), .age]) {
            [$0.name, $0.selector("spec", "podSelector"), $0.age]
        })
}
