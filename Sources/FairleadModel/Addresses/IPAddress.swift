/// An IPv4 or IPv6 address without a zone.
///
/// Parsed as strictly as by Go's net.ParseIP: four decimal numbers without leading zeros, or RFC 4291 text. An
/// IPv4-mapped IPv6 address becomes the IPv4 address. Printed as RFC 5952 recommends.
package struct IPAddress: Hashable, Sendable, Comparable, CustomStringConvertible {
    /// The halves of `bits`. Not one UInt128: Swift 6.3 miscompiles asynchronous functions that get or capture values
    /// aligned to 16 bytes, and whoever calls them jumps to address 0.
    package let high: UInt64
    package let low: UInt64
    package let isIPv4: Bool

    /// The 32 or 128 bits of the address as a number.
    @inlinable
    package var bits: UInt128 { UInt128(high) << 64 | UInt128(low) }

    package init(bits: UInt128, isIPv4: Bool) {
        high = isIPv4 ? 0 : UInt64(truncatingIfNeeded: bits >> 64)
        low = UInt64(truncatingIfNeeded: isIPv4 ? bits & 0xFFFF_FFFF : bits)
        self.isIPv4 = isIPv4
    }

    package init?(_ text: String) {
        if text.utf8.contains(UInt8(ascii: ":")) {
            guard let bits = Self.parseIPv6(text) else { return nil }
            let isMapped = bits >> 32 == 0xFFFF
            self.init(bits: bits, isIPv4: isMapped)
        } else {
            guard let bits = Self.parseIPv4(text.utf8) else { return nil }
            self.init(bits: UInt128(bits), isIPv4: true)
        }
    }

    /// The address in canonical form; a text that is not an address is returned unchanged.
    package static func canonical(_ text: String) -> String { IPAddress(text)?.description ?? text }

    /// IPv4 before IPv6, then by number.
    package static func < (left: IPAddress, right: IPAddress) -> Bool {
        left.isIPv4 == right.isIPv4 ? left.bits < right.bits : left.isIPv4
    }

    /// The address that many further on, wrapping around at the end of the address family.
    package func advanced(by distance: UInt128) -> IPAddress { IPAddress(bits: bits &+ distance, isIPv4: isIPv4) }

    package var bitWidth: Int { isIPv4 ? 32 : 128 }
    /// `IPv4` or `IPv6`, the values of `ipFamilies` and `addressType`.
    package var family: String { isIPv4 ? "IPv4" : "IPv6" }

    package var isUnspecified: Bool { bits == 0 }
    package var isLoopback: Bool { isIPv4 ? bits >> 24 == 127 : bits == 1 }
    package var isLinkLocalUnicast: Bool { isIPv4 ? bits >> 16 == 0xA9FE : bits >> 118 == 0x3FA }
    package var isLinkLocalMulticast: Bool { isIPv4 ? bits >> 8 == 0xE00000 : (bits >> 112) & 0xFF0F == 0xFF02 }
    package var isMulticast: Bool { isIPv4 ? bits >> 28 == 0xE : bits >> 120 == 0xFF }

    package var description: String {
        if isIPv4 { return Self.dotted(UInt32(truncatingIfNeeded: bits)) }
        let groups = (0..<8).map { UInt16(truncatingIfNeeded: bits >> UInt128(112 - 16 * $0)) }
        var longest = 0..<0
        var index = 0
        while index < 8 {
            guard groups[index] == 0 else {
                index += 1
                continue
            }
            let end = groups[index...].firstIndex { $0 != 0 } ?? 8
            if end - index > longest.count { longest = index..<end }
            index = end
        }
        let texts = groups.map { String($0, radix: 16) }
        if longest.count < 2 { return texts.joined(separator: ":") }
        return texts[..<longest.lowerBound].joined(separator: ":") + "::"
            + texts[longest.upperBound...].joined(separator: ":")
    }

    private static func dotted(_ bits: UInt32) -> String {
        String(unsafeUninitializedCapacity: 15) { text in
            var count = 0
            func append(_ byte: UInt8) {
                text[count] = byte
                count += 1
            }
            for shift in stride(from: UInt32(24), through: 0, by: -8) {
                let number = UInt8(truncatingIfNeeded: bits >> shift)
                if number >= 100 { append(UInt8(ascii: "0") + number / 100) }
                if number >= 10 { append(UInt8(ascii: "0") + number / 10 % 10) }
                append(UInt8(ascii: "0") + number % 10)
                if shift > 0 { append(UInt8(ascii: ".")) }
            }
            return count
        }
    }

    private static func parseIPv4(_ text: some Sequence<UInt8>) -> UInt32? {
        var result: UInt32 = 0
        var dots = 0
        var number: UInt32 = 0
        var digits = 0
        for byte in text {
            switch byte {
            case UInt8(ascii: "0")...UInt8(ascii: "9"):
                // A leading zero is only allowed as the whole number.
                if digits > 0, number == 0 { return nil }
                number = number * 10 + UInt32(byte - UInt8(ascii: "0"))
                digits += 1
                guard number <= 255 else { return nil }
            case UInt8(ascii: "."):
                guard digits > 0, dots < 3 else { return nil }
                result = result << 8 | number
                dots += 1
                number = 0
                digits = 0
            default: return nil
            }
        }
        guard digits > 0, dots == 3 else { return nil }
        return result << 8 | number
    }

    static func parseIPv6(_ text: String) -> UInt128? {
        guard let gap = text.firstDoubleColon else {
            guard let groups = groups(text[...]), groups.count == 8 else { return nil }
            return number(groups)
        }
        guard let head = groups(text[..<gap]), let tail = groups(text[text.index(gap, offsetBy: 2)...]),
            head.count + tail.count <= 7, !(head.last?.isFromIPv4 ?? false)
        else { return nil }
        let zeros = Array(repeating: Group(value: 0, isFromIPv4: false), count: 8 - head.count - tail.count)
        return number(head + zeros + tail)
    }

    private struct Group {
        var value: UInt16
        var isFromIPv4: Bool
    }

    private static func number(_ groups: [Group]) -> UInt128 {
        groups.reduce(UInt128(0)) { $0 << 16 | UInt128($1.value) }
    }

    /// The groups between colons; the last part may be an IPv4 address, which counts as two groups.
    private static func groups(_ text: Substring) -> [Group]? {
        if text.isEmpty { return [] }
        let parts = text.split(separator: ":", omittingEmptySubsequences: false)
        var result: [Group] = []
        for (index, part) in parts.enumerated() {
            if index == parts.count - 1, part.contains(".") {
                guard let bits = parseIPv4(part.utf8) else { return nil }
                result.append(Group(value: UInt16(bits >> 16), isFromIPv4: true))
                result.append(Group(value: UInt16(bits & 0xFFFF), isFromIPv4: true))
            } else {
                guard (1...4).contains(part.utf8.count), part.utf8.allSatisfy(\.isHexadecimalDigit),
                    let value = UInt16(part, radix: 16)
                else { return nil }
                result.append(Group(value: value, isFromIPv4: false))
            }
        }
        return result
    }
}

extension String {
    fileprivate var firstDoubleColon: Index? {
        var previous: Index?
        for index in indices {
            if self[index] == ":", let before = previous, self[before] == ":" { return before }
            previous = index
        }
        return nil
    }
}

extension UInt8 {
    fileprivate var isHexadecimalDigit: Bool {
        switch self {
        case UInt8(ascii: "0")...UInt8(ascii: "9"), UInt8(ascii: "a")...UInt8(ascii: "f"),
            UInt8(ascii: "A")...UInt8(ascii: "F"):
            true
        default: false
        }
    }
}
