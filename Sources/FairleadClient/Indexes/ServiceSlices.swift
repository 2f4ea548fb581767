package import FairleadModel

/// The EndpointSlices of a Service at the cost of one look-up, whoever manages them.
package struct ServiceSlices: Sendable {
    private static let byService = "byService"

    /// All slices there are, with the index on them.
    package let informer: Informer

    /// Puts the index on the shared informer.
    package init(_ informers: InformerSet) {
        informer = informers.informer(.endpointSlices)
        informer.addIndex(Self.byService) { slice in
            let service = EndpointSliceView(slice).serviceName
            return service.isEmpty ? [] : ["\(slice.key.namespace)/\(service)"]
        }
    }

    /// Those that name the Service, by name.
    package func slices(of service: ObjectName) -> [StoredObject] {
        informer.lister.indexed(Self.byService, service.description)
    }

    /// Those of them that this manager keeps, by name.
    package func slices(of service: ObjectName, managedBy manager: String) -> [StoredObject] {
        slices(of: service).filter { EndpointSliceView($0).managedBy == manager }.sorted { $0.key.name < $1.key.name }
    }
}
