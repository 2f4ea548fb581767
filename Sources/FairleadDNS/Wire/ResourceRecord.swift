package import FairleadModel

/// One record of an answer.
package struct ResourceRecord: Hashable, Sendable, CustomStringConvertible {
    package var name: DomainName
    package var type: RecordType
    package var recordClass = RecordClass.internet
    /// Seconds.
    package var ttl: UInt32
    package var data: RecordData

    package init(_ name: DomainName, _ type: RecordType, ttl: UInt32, _ data: RecordData) {
        self.name = name
        self.type = type
        self.ttl = ttl
        self.data = data
    }

    package static func address(_ name: DomainName, ttl: UInt32, _ address: IPAddress) -> ResourceRecord {
        ResourceRecord(name, address.isIPv4 ? .a : .aaaa, ttl: ttl, .address(address))
    }

    /// A line of a zone file.
    package var description: String { "\(name) \(ttl) \(recordClass) \(type) \(data)" }
}

/// The data of a record, whose meaning depends on the type.
package enum RecordData: Hashable, Sendable, CustomStringConvertible {
    /// A, AAAA.
    case address(IPAddress)
    /// NS, CNAME, PTR.
    case name(DomainName)
    /// RFC 2782: the target is never compressed.
    case service(priority: UInt16, weight: UInt16, port: UInt16, target: DomainName)
    case mailExchange(preference: UInt16, DomainName)
    case authority(StartOfAuthority)
    /// TXT: strings of up to 255 bytes.
    case text([[UInt8]])
    /// Data of any other type, and empty data.
    case opaque([UInt8])

    package var description: String {
        switch self {
        case .address(let address): address.description
        case .name(let name): name.description
        case .service(let priority, let weight, let port, let target): "\(priority) \(weight) \(port) \(target)"
        case .mailExchange(let preference, let name): "\(preference) \(name)"
        case .authority(let soa):
            "\(soa.server) \(soa.mailbox) \(soa.serial) \(soa.refresh) \(soa.retry) \(soa.expire) \(soa.minimum)"
        case .text(let strings):
            strings.map { "\"\(String(decoding: $0, as: UTF8.self))\"" }.joined(separator: " ")
        case .opaque(let bytes):
            "\\# \(bytes.count) " + bytes.map { String(UInt16($0) + 256, radix: 16).dropFirst() }.joined()
        }
    }
}

/// RFC 1035, 3.3.13; the minimum is the TTL of negative answers (RFC 2308).
package struct StartOfAuthority: Hashable, Sendable {
    package var server: DomainName
    package var mailbox: DomainName
    package var serial: UInt32
    package var refresh: UInt32
    package var retry: UInt32
    package var expire: UInt32
    package var minimum: UInt32
}
