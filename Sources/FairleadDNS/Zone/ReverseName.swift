import FairleadModel

/// The address that a name under in-addr.arpa or ip6.arpa stands for (RFC 1035, 3.5; RFC 3596, 2.5).
enum ReverseName {
    /// - Parameter labels: the labels below the zone, from left to right.
    /// - Returns: nil for names that are not a complete address.
    static func address(labels: [String], isIPv6: Bool) -> IPAddress? {
        if !isIPv6 {
            guard let address = IPAddress(labels.reversed().joined(separator: ".")), address.isIPv4 else { return nil }
            return address
        }
        let digits = Array(labels.reversed())
        // If the number of digits is not a multiple of four, the remaining ones are ignored.
        let groups = (0..<(digits.count / 4)).map { digits[(4 * $0)..<(4 * $0 + 4)].joined() }
        return IPAddress(groups.joined(separator: ":"))
    }
}
