import FairleadModel

extension Kind {
    static let endpoints = Kind(
        "Endpoints", resource: "endpoints", singular: "endpoints", shortNames: ["ep"], package: "core.v1",
        storageFolder: "services/endpoints", storageHash: "fWeeMqaN/OA=",
        readWarnings: ["v1 Endpoints is deprecated in v1.33+; use discovery.k8s.io/v1 EndpointSlice"],
        strategy: EndpointsStrategy(), columns: .endpoints)
}
