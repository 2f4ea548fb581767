import FairleadModel

extension Kind {
    static let service = Kind(
        "Service", resource: "services", shortNames: ["svc"], categories: ["all"],
        subresources: [.proxy("ServiceProxyOptions"), .status("Service")], package: "core.v1",
        storageFolder: "services/specs", storageHash: "0/CO1lhkEBI=", strategy: ServiceStrategy(), columns: .services)
}
