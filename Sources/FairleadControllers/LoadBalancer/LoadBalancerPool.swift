package import FairleadModel

/// A named set of addresses for load balancers, as the command line describes it.
///
/// `LIST`, or `NAME=LIST`, where LIST holds, separated by commas, CIDRs (`192.0.2.0/24`), ranges
/// (`192.0.2.10-192.0.2.20`) and single addresses, of one family or of both, and the options `priority=N`,
/// `auto-assign=on|off` and `hostname-suffix=DOMAIN`.
package struct LoadBalancerPool: Sendable, Equatable {
    package struct ParseError: Error, CustomStringConvertible {
        package var description: String
    }

    struct Range: Sendable, Equatable {
        var first: IPAddress
        var last: IPAddress

        func contains(_ address: IPAddress) -> Bool {
            address.isIPv4 == first.isIPv4 && first <= address && address <= last
        }
    }

    package let name: String
    /// Pools with a higher number are used up first.
    package private(set) var priority = 0
    /// Whether Services that name no pool and no address may get one of its addresses.
    package private(set) var autoAssigns = true
    /// Services are given a host name below this domain that spells their address, instead of the address itself.
    package private(set) var hostnameSuffix: String?
    private(set) var ranges: [Range] = []

    /// - Parameter defaultName: the name of the pool if the text has none.
    package init(_ text: String, defaultName: String = "default") throws(ParseError) {
        var words = text.split(separator: ",", omittingEmptySubsequences: false).map(String.init)
        var name = defaultName
        if let first = words.first, let equals = first.firstIndex(of: "="),
            !Self.options.contains(String(first[..<equals]))
        {
            name = String(first[..<equals])
            words[0] = String(first[first.index(after: equals)...])
            guard NameRules.dns1123Label(name).isEmpty else {
                throw ParseError(description: "\(name.goQuoted) is no name of a pool: a DNS label is wanted")
            }
        }
        self.name = name
        for word in words {
            if let equals = word.firstIndex(of: "=") {
                try set(String(word[..<equals]), to: String(word[word.index(after: equals)...]))
            } else if let range = Self.range(word) {
                ranges.append(range)
            } else {
                throw ParseError(description: "\(word.goQuoted) is no CIDR, range or address")
            }
        }
        if ranges.isEmpty { throw ParseError(description: "pool \(name) has no addresses") }
    }

    private static let options = ["priority", "auto-assign", "hostname-suffix"]

    private mutating func set(_ option: String, to value: String) throws(ParseError) {
        switch option {
        case "priority":
            guard let number = Int(value) else {
                throw ParseError(description: "priority=\(value): a number is wanted")
            }
            priority = number
        case "auto-assign":
            guard ["on", "off"].contains(value) else {
                throw ParseError(description: "auto-assign=\(value): on or off is wanted")
            }
            autoAssigns = value == "on"
        case "hostname-suffix":
            guard NameRules.dns1123Subdomain(value).isEmpty else {
                throw ParseError(description: "hostname-suffix=\(value): a domain name is wanted")
            }
            hostnameSuffix = value
        default:
            throw ParseError(
                description: "\(option.goQuoted) is no option of a pool: \(Self.options.joined(separator: ", "))")
        }
    }

    /// The network and broadcast addresses of an IPv4 CIDR are left out.
    private static func range(_ text: String) -> Range? {
        if let cidr = CIDR(text) {
            guard cidr.isIPv4, cidr.size > 2 else { return Range(first: cidr.network, last: cidr.last) }
            return Range(
                first: cidr.network.advanced(by: 1), last: IPAddress(bits: cidr.last.bits - 1, isIPv4: true))
        }
        let ends = text.split(separator: "-", omittingEmptySubsequences: false).map { IPAddress(String($0)) }
        guard (1...2).contains(ends.count), let first = ends.first ?? nil, let last = ends.last ?? nil,
            first.isIPv4 == last.isIPv4, first <= last
        else { return nil }
        return Range(first: first, last: last)
    }

    package func contains(_ address: IPAddress) -> Bool { ranges.contains { $0.contains(address) } }

    package func hasFamily(_ family: String) -> Bool { ranges.contains { $0.first.family == family } }

    /// The number of addresses.
    package var size: UInt128 {
        ranges.reduce(0) { sum, range in
            let (total, overflow) = sum.addingReportingOverflow(range.last.bits - range.first.bits)
            return overflow || total == .max ? .max : total + 1
        }
    }

    /// The ranges, each as its first and last address.
    package var bounds: [(first: IPAddress, last: IPAddress)] { ranges.map { ($0.first, $0.last) } }

    /// The ranges in the form that the command line accepts.
    package var list: [String] {
        ranges.map { $0.first == $0.last ? "\($0.first)" : "\($0.first)-\($0.last)" }
    }
}
