import FairleadModel

extension Kind {
    static let serviceCIDR = Kind(
        "ServiceCIDR", group: "networking.k8s.io", resource: "servicecidrs", isNamespaced: false,
        subresources: [.status("ServiceCIDR")], package: "networking.v1", storageHash: "gNLvruQhW2g=",
        strategy: ServiceCIDRStrategy(),
        columns: TablePrinter([
            .name, TableColumn("CIDRs"), .age,
        ]) { subject in
            let ranges = subject["spec", "cidrs"]?.array?.compactMap(\.string) ?? []
            return [subject.name, .string(ranges.joined(separator: ",")), subject.age]
        })
}
