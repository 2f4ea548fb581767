import FairleadModel
import Synchronization

/// What the DNS needs to know of an EndpointSlice: the addresses of its ready endpoints, each with its name.
final class SliceRecords: Sendable {
    /// An address of an endpoint. Only its text is kept, which is shared with the object.
    struct Endpoint: Sendable {
        /// An IP address, or a domain name in a slice of FQDNs.
        var address: String
        /// Empty if the name is derived from the address.
        var hostname: String

        /// The label before the Service's name (Kubernetes DNS specification 1.1.0, 2.4.1).
        var label: String {
            if !hostname.isEmpty { return hostname.lowercased() }
            let label = String(address.map { $0 == "." || $0 == ":" ? "-" : $0 })
            // A label must not end in a hyphen, and that of `fd00::` would.
            return label.hasSuffix("-") && address.contains(":") ? label + "0" : label
        }
    }

    let namespace: String
    let name: String
    let serviceName: String
    /// Never empty: a slice without ports gets one without a number.
    let ports: [PortRecord]
    let endpoints: [Endpoint]
    /// How many endpoints have an address of each family, or a domain name.
    let ipv4Count: Int
    let ipv6Count: Int
    let nameCount: Int
    /// The indexes of each label in `endpoints`; built when somebody first looks for one.
    private let places = Mutex<[String: [Int]]?>(nil)

    /// Up to this many endpoints, a linear search is used.
    private static let tableSize = 16

    init(_ object: StoredObject) {
        let slice = EndpointSliceView(object)
        namespace = object.key.namespace
        name = object.key.name
        serviceName = slice.serviceName
        let ports = slice.ports.map {
            PortRecord(
                name: $0.name, transport: $0.protocolName, number: $0.number.map { Int32(truncatingIfNeeded: $0) })
        }
        self.ports = ports.isEmpty ? [.none] : ports
        endpoints = slice.endpoints.filter(\.isReady).flatMap { endpoint in
            endpoint.addresses.map { Endpoint(address: $0, hostname: endpoint.hostname) }
        }
        var counts = (ipv4: 0, ipv6: 0, names: 0)
        for endpoint in endpoints {
            switch IPAddress(endpoint.address)?.isIPv4 {
            case true?: counts.ipv4 += 1
            case false?: counts.ipv6 += 1
            case nil: if DomainName(endpoint.address) != nil { counts.names += 1 }
            }
        }
        (ipv4Count, ipv6Count, nameCount) = counts
    }

    var addressCount: Int { ipv4Count + ipv6Count }

    /// The endpoints with a given label, in order, without scanning all of them each time.
    func endpoints(labelled label: String) -> [Endpoint] {
        if endpoints.count <= Self.tableSize { return endpoints.filter { $0.label == label } }
        let found = places.withLock { places in
            if let places { return places[label] ?? [] }
            let made = Dictionary(grouping: endpoints.indices) { endpoints[$0].label }
            places = made
            return made[label] ?? []
        }
        return found.map { endpoints[$0] }
    }
}
