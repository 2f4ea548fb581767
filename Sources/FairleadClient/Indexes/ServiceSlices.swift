package import FairleadModel

/// The EndpointSlices of a Service, found with one look-up, whoever manages them.
package struct ServiceSlices: Sendable {
    private static let byService = "byService"

    /// The informer of all EndpointSlices, with the index.
    package let informer: Informer

    /// Adds the index to the shared informer.
    package init(_ informers: InformerSet) {
        informer = informers.informer(.endpointSlices)
        informer.addIndex(Self.byService) { slice in
            let service = EndpointSliceView(slice).serviceName
            return service.isEmpty ? [] : ["\(slice.key.namespace)/\(service)"]
        }
    }

    /// The slices of the Service.
    package func slices(of service: ObjectName) -> [StoredObject] {
        informer.lister.indexed(Self.byService, service.description)
    }

    /// The slices of the Service that this manager owns, sorted by name.
    package func slices(of service: ObjectName, managedBy manager: String) -> [StoredObject] {
        slices(of: service).filter { EndpointSliceView($0).managedBy == manager }.sorted { $0.key.name < $1.key.name }
    }
}
