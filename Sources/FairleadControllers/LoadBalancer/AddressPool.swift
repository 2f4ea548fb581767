import FairleadClient
import FairleadModel

/// The addresses that load balancers may have, and which Service has which. Pure; the controller guards it.
///
/// The lowest free address of a family is given out. Network and broadcast address of an IPv4 CIDR are left out.
package struct AddressPool: Sendable {
    /// A malformed entry of the pool.
    package struct ParseError: Error, CustomStringConvertible {
        package var description: String
    }

    private struct Range: Sendable {
        var first: IPAddress
        var last: IPAddress
        /// No address below is free.
        var lowest: UInt128

        init(_ first: IPAddress, _ last: IPAddress) {
            self.first = first
            self.last = last
            lowest = first.bits
        }

        func contains(_ address: IPAddress) -> Bool {
            address.isIPv4 == first.isIPv4 && first <= address && address <= last
        }
    }

    enum Refusal: Error, Hashable {
        case outside(IPAddress)
        case taken(IPAddress, by: ObjectName)
        case exhausted(family: String)
        case noFamily(String)

        var message: String {
            switch self {
            case .outside(let address): "address \(address) is not in the pool"
            case .taken(let address, let owner): "address \(address) is in use by service \(owner)"
            case .exhausted(let family): "no free \(family) address is left in the pool"
            case .noFamily(let family): "the pool has no \(family) addresses"
            }
        }
    }

    private var ranges: [Range] = []
    private var owners: [IPAddress: ObjectName] = [:]
    private var addresses: [ObjectName: Set<IPAddress>] = [:]

    /// - Parameter entries: CIDRs (`192.0.2.0/24`), ranges (`192.0.2.10-192.0.2.20`) or single addresses.
    package init(_ entries: [String]) throws(ParseError) {
        for entry in entries {
            guard let range = Self.parse(entry) else {
                throw ParseError(description: "load balancer pool: \(entry.goQuoted) is no CIDR, range or address")
            }
            ranges.append(range)
        }
    }

    private static func parse(_ entry: String) -> Range? {
        if let cidr = CIDR(entry) {
            let hasEnds = cidr.isIPv4 && cidr.size > 2
            guard hasEnds else { return Range(cidr.network, cidr.last) }
            return Range(cidr.network.advanced(by: 1), IPAddress(bits: cidr.last.bits - 1, isIPv4: true))
        }
        let ends = entry.split(separator: "-", omittingEmptySubsequences: false).map { IPAddress(String($0)) }
        guard ends.count <= 2, let first = ends.first ?? nil, let last = ends.last ?? nil,
            first.isIPv4 == last.isIPv4, first <= last
        else { return nil }
        return Range(first, last)
    }

    package var isEmpty: Bool { ranges.isEmpty }

    func hasFamily(_ family: String) -> Bool { ranges.contains { $0.first.family == family } }

    func contains(_ address: IPAddress) -> Bool { ranges.contains { $0.contains(address) } }

    func owner(of address: IPAddress) -> ObjectName? { owners[address] }

    func addresses(of owner: ObjectName) -> Set<IPAddress> { addresses[owner] ?? [] }

    /// Takes a certain address.
    mutating func claim(_ address: IPAddress, for owner: ObjectName) throws(Refusal) {
        guard contains(address) else { throw .outside(address) }
        if let holder = owners[address] {
            if holder != owner { throw .taken(address, by: holder) }
            return
        }
        owners[address] = owner
        addresses[owner, default: []].insert(address)
    }

    /// Takes the lowest free address of a family.
    mutating func allocate(_ family: String, for owner: ObjectName) throws(Refusal) -> IPAddress {
        guard hasFamily(family) else { throw .noFamily(family) }
        for index in ranges.indices where ranges[index].first.family == family {
            var bits = ranges[index].lowest
            while bits <= ranges[index].last.bits {
                let address = IPAddress(bits: bits, isIPv4: ranges[index].first.isIPv4)
                bits += 1
                if owners[address] != nil { continue }
                ranges[index].lowest = bits
                try claim(address, for: owner)
                return address
            }
            ranges[index].lowest = bits
        }
        throw .exhausted(family: family)
    }

    /// Gives back what the owner has, but for some. Returns whether anything became free.
    @discardableResult
    mutating func release(_ owner: ObjectName, except kept: Set<IPAddress> = []) -> Bool {
        guard let held = addresses[owner] else { return false }
        let freed = held.subtracting(kept)
        for address in freed {
            owners[address] = nil
            for index in ranges.indices where ranges[index].contains(address) {
                ranges[index].lowest = min(ranges[index].lowest, address.bits)
            }
        }
        let left = held.subtracting(freed)
        addresses[owner] = left.isEmpty ? nil : left
        return !freed.isEmpty
    }
}
