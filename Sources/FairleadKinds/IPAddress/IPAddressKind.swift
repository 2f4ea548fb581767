import FairleadModel

extension Kind {
    static let ipAddress = Kind(
        "IPAddress", group: "networking.k8s.io", resource: "ipaddresses", shortNames: ["ip"], isNamespaced: false,
        package: "networking.v1", storageHash: "3f/plJFChNE=", strategy: IPAddressStrategy(), columns: .ipAddresses)
}
