import FairleadModel

/// The address that a name below in-addr.arpa or ip6.arpa stands for (RFC 1035, 3.5; RFC 3596, 2.5).
enum ReverseName {
    /// - Parameter labels: those below the zone, from left to right.
    /// - Returns: nil for names that are no whole address.
    static func address(labels: [String], isIPv6: Bool) -> IPAddress? {
        if !isIPv6 {
            guard let address = IPAddress(labels.reversed().joined(separator: ".")), address.isIPv4 else { return nil }
            return address
        }
        let digits = Array(labels.reversed())
        // What is left over of a number of digits that four does not divide is not looked at.
        let groups = (0..<(digits.count / 4)).map { digits[(4 * $0)..<(4 * $0 + 4)].joined() }
        return IPAddress(groups.joined(separator: ":"))
    }
}
