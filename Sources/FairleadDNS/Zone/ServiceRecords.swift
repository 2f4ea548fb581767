import FairleadModel

/// What the DNS needs to know of a Service. Kept small, because there is one for each: the first address and the first
/// port, usually the only ones, are stored inline.
final class ServiceRecords: Sendable {
    enum Kind: UInt8, Sendable { case cluster, headless, external }

    let object: StoredObject
    let kind: Kind
    /// The only cluster address if it is an IPv4 one; otherwise 0, and `otherAddresses` has all of them.
    private let onlyIPv4: UInt32
    private let otherAddresses: [IPAddress]
    private let firstPort: PortRecord
    private let otherPorts: [PortRecord]

    init(_ object: StoredObject) {
        let service = ServiceView(object)
        self.object = object
        let clusterIPs = service.clusterIPs.isEmpty ? [service.clusterIP] : service.clusterIPs
        kind = service.type == "ExternalName" ? .external : clusterIPs.first == "None" ? .headless : .cluster
        let addresses = kind == .cluster ? clusterIPs.compactMap { IPAddress($0) } : []
        if addresses.count == 1, addresses[0].isIPv4 {
            onlyIPv4 = UInt32(truncatingIfNeeded: addresses[0].bits)
            otherAddresses = []
        } else {
            onlyIPv4 = 0
            otherAddresses = addresses
        }
        let ports = service.ports.map {
            PortRecord(name: $0.name, transport: $0.protocolName, number: Int32(truncatingIfNeeded: $0.number))
        }
        firstPort = ports.first ?? .none
        otherPorts = Array(ports.dropFirst())
    }

    var name: String { object.key.name }
    var namespace: String { object.key.namespace }

    var addresses: [IPAddress] {
        onlyIPv4 != 0 ? [IPAddress(bits: UInt128(onlyIPv4), isIPv4: true)] : otherAddresses
    }

    /// Never empty: a Service without ports gets one without a number.
    var ports: [PortRecord] { [firstPort] + otherPorts }

    /// nil if the Service is not of type ExternalName, or if the name is invalid or an address.
    var externalName: DomainName? {
        guard kind == .external else { return nil }
        let text = ServiceView(object).externalName
        guard !text.isEmpty, IPAddress(text) == nil else { return nil }
        return DomainName(text)
    }
}

/// A port as it appears in SRV records.
struct PortRecord: Sendable, Hashable {
    var name: String
    /// TCP, UDP, SCTP.
    var transport: String
    /// nil if there is no port.
    var number: Int32?

    static let none = PortRecord(name: "", transport: "", number: nil)

    /// Whether the labels ask for this port. Labels are in lower case; empty ones match any port.
    func matches(name wanted: String, transport wantedTransport: String) -> Bool {
        (wanted.isEmpty || wanted == name.lowercased())
            && (wantedTransport.isEmpty || wantedTransport == transport.lowercased())
    }
}
