/// A range of addresses with a common prefix: `10.96.0.0/16`.
package struct CIDR: Hashable, Sendable, CustomStringConvertible {
    /// The first address of the range: the host bits are zero.
    package let network: IPAddress
    package let prefixLength: Int

    /// The host bits of `address` are cleared. nil if the length does not fit the address family.
    package init?(_ address: IPAddress, prefixLength: Int) {
        guard (0...address.bitWidth).contains(prefixLength) else { return nil }
        let hostBits = UInt128(address.bitWidth - prefixLength)
        let mask = hostBits == 128 ? 0 : UInt128.max << hostBits
        network = IPAddress(bits: address.bits & mask, isIPv4: address.isIPv4)
        self.prefixLength = prefixLength
    }

    /// Parses `address/length` like Go's net.ParseCIDR; host bits need not be zero, and are cleared.
    package init?(_ text: String) {
        guard let slash = text.utf8.firstIndex(of: UInt8(ascii: "/")) else { return nil }
        let digits = text[slash...].utf8.dropFirst()
        guard (1...3).contains(digits.count), digits.allSatisfy({ (0x30...0x39).contains($0) }),
            let address = IPAddress(String(text[..<slash]))
        else { return nil }
        let length = digits.reduce(0) { $0 * 10 + Int($1 - 0x30) }
        if address.isIPv4, text.utf8.contains(UInt8(ascii: ":")) {
            guard length >= 96 else { return nil }
            self.init(address, prefixLength: length - 96)
        } else {
            self.init(address, prefixLength: length)
        }
    }

    package func contains(_ address: IPAddress) -> Bool {
        address.isIPv4 == network.isIPv4
            && (address.bits ^ network.bits) >> UInt128(network.bitWidth - prefixLength) == 0
    }

    /// Whether every address of `other` is in this range.
    package func contains(_ other: CIDR) -> Bool {
        other.prefixLength >= prefixLength && contains(other.network)
    }

    package func overlaps(_ other: CIDR) -> Bool { contains(other) || other.contains(self) }

    package var isIPv4: Bool { network.isIPv4 }

    /// The number of addresses; `UInt128.max` stands for 2^128.
    package var size: UInt128 {
        let hostBits = network.bitWidth - prefixLength
        return hostBits == 128 ? .max : UInt128(1) << UInt128(hostBits)
    }

    /// The last address (the broadcast address of an IPv4 network).
    package var last: IPAddress {
        prefixLength == 0 ? IPAddress(bits: .max, isIPv4: isIPv4) : network.advanced(by: size - 1)
    }
    package var broadcast: IPAddress { last }

    package var description: String { "\(network)/\(prefixLength)" }
}
