import FairleadModel

extension Kind {
    static let endpointSlice = Kind(
        "EndpointSlice", group: "discovery.k8s.io", resource: "endpointslices", package: "discovery.v1",
        storageHash: "qgS0xkrxYAI=", strategy: EndpointSliceStrategy(), columns: .endpointSlices)
}
