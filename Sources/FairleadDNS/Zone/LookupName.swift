/// A name within one of the zones, split into labels.
struct LookupName {
    /// The name as asked.
    let name: DomainName
    /// The zone's name, spelled as in the question.
    let zone: DomainName
    let isReverse: Bool
    /// The labels below the zone, in lower case, from left to right.
    let labels: [String]

    /// nil if the name is in none of the zones.
    init?(_ name: DomainName, zones: [(name: DomainName, isReverse: Bool)]) {
        for zone in zones {
            guard let offset = name.suffixOffset(of: zone.name) else { continue }
            self.name = name
            self.zone = name.suffix(at: offset)
            isReverse = zone.isReverse
            var labels: [String] = []
            labels.reserveCapacity(6)
            var place = 0
            while place < offset {
                let length = Int(name.bytes[place])
                let label = name.bytes[(place + 1)...(place + length)]
                labels.append(
                    String(unsafeUninitializedCapacity: length) { target in
                        for (index, byte) in label.enumerated() { target[index] = byte.asciiLowercased }
                        return length
                    })
                place += length + 1
            }
            self.labels = labels
            return
        }
        return nil
    }

    var isApex: Bool { labels.isEmpty }

    /// The synthetic name of the name server itself. Known only if the zone is spelled in lower case.
    var isNameServer: Bool { labels.count == 2 && labels[0] == "ns" && labels[1] == "dns" && zone.isLowercase }
}

/// What a name below the cluster's zone asks for (Kubernetes DNS specification 1.1.0).
enum NameRequest {
    /// The zone itself, `svc`, `pod`: these names exist but have no data.
    case nothing
    case service(ServiceName)
    case pod(namespace: String, name: String)
    /// No name of this form exists.
    case invalid

    struct ServiceName {
        var namespace: String
        /// Empty if the name is that of a namespace.
        var name = ""
        /// The label of an endpoint; empty for all endpoints.
        var endpoint = ""
        /// Without the underscore; empty for any port.
        var port = ""
        var transport = ""
    }

    init(_ labels: [String]) {
        var rest = labels[...]
        guard let kind = rest.popLast() else {
            self = .nothing
            return
        }
        guard kind == "svc" || kind == "pod" else {
            self = .invalid
            return
        }
        guard let namespace = rest.popLast() else {
            self = .nothing
            return
        }
        var service = ServiceName(namespace: namespace)
        service.name = rest.popLast() ?? ""
        switch rest.count {
        case 0: break
        case 1: service.endpoint = rest[rest.startIndex]
        case 2:
            service.port = Self.withoutUnderscore(rest[rest.startIndex])
            service.transport = Self.withoutUnderscore(rest[rest.startIndex + 1])
        default:
            self = .invalid
            return
        }
        self = kind == "svc" ? .service(service) : .pod(namespace: namespace, name: service.name)
    }

    private static func withoutUnderscore(_ label: String) -> String {
        label.hasPrefix("_") ? String(label.dropFirst()) : label
    }
}
