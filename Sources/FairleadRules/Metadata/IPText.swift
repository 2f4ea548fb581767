package import FairleadModel

/// How strictly Kubernetes reads IP addresses and CIDRs in API objects (KEP-4858).
///
/// Older fields used to accept anything that Go's standard library parsed. New values in them must not have leading
/// zeros or IPv4-mapped forms; values of fields added later must be canonical.
package enum IPText {
    package static let notAnAddress = "must be a valid IP address, (e.g. 10.9.8.7 or 2001:db8::ffff)"
    package static let notARange = "must be a valid CIDR value, (e.g. 10.9.8.0/24 or 2001:db8::/64)"

    /// The address without leading zeros in its decimal parts; nil if that is still not an address.
    package static func sloppy(_ text: String) -> String? {
        if IPAddress(text) != nil { return text }
        guard text.contains(".") else { return nil }
        let head = text.lastIndex(of: ":").map { text.index(after: $0) } ?? text.startIndex
        let parts = text[head...].split(separator: ".", omittingEmptySubsequences: false).map { part in
            let digits = part.drop { $0 == "0" }
            return digits.isEmpty && !part.isEmpty ? "0" : String(digits)
        }
        let candidate = String(text[..<head]) + parts.joined(separator: ".")
        return IPAddress(candidate) == nil ? nil : candidate
    }

    /// What is wrong with a new value of an older field.
    package static func addressErrors(_ text: String, _ path: FieldPath) -> [FieldError] {
        guard let address = IPAddress(text) else {
            return [.invalid(path, .string(text), sloppy(text) == nil ? notAnAddress : "must not have leading 0s")]
        }
        if address.isIPv4, hasColon(text) {
            return [.invalid(path, .string(text), "must not be an IPv4-mapped IPv6 address")]
        }
        return []
    }

    /// What is wrong with a value that must be canonical.
    package static func canonicalAddressErrors(_ text: String) -> [String] {
        let errors = addressErrors(text, .root)
        if !errors.isEmpty { return errors.map(\.detail) }
        guard let address = IPAddress(text), address.description != text else { return [] }
        return ["must be in canonical form (\(address.description.goQuoted))"]
    }

    /// The parts of the range as written, its address without leading zeros, and the range; nil if still not valid.
    private static func parsed(_ text: String) -> (parts: [String], plain: String, range: CIDR)? {
        let parts = text.split(separator: "/", omittingEmptySubsequences: false).map(String.init)
        guard parts.count == 2, let plain = sloppy(parts[0]), let range = CIDR("\(plain)/\(parts[1])") else {
            return nil
        }
        return (parts, plain, range)
    }

    /// The range, with or without leading zeros.
    package static func range(_ text: String) -> CIDR? { parsed(text)?.range }

    package static func rangeErrors(_ text: String, _ path: FieldPath) -> [FieldError] {
        func invalid(_ detail: String) -> [FieldError] { [.invalid(path, .string(text), detail)] }
        guard let (parts, plain, range) = parsed(text) else { return invalid(notARange) }
        if plain != parts[0] || (parts[1].count > 1 && parts[1].hasPrefix("0")) {
            return invalid("must not have leading 0s in IP or prefix length")
        }
        if range.isIPv4, hasColon(parts[0]) { return invalid("must not have an IPv4-mapped IPv6 address") }
        if range.network != IPAddress(plain) { return invalid("must not have bits set beyond the prefix length") }
        return []
    }

    package static func canonicalRangeErrors(_ text: String, _ path: FieldPath) -> [FieldError] {
        let errors = rangeErrors(text, path)
        guard errors.isEmpty, let range = CIDR(text), range.description != text else { return errors }
        return [.invalid(path, .string(text), "must be in canonical form (\(range.description.goQuoted))")]
    }

    /// Special addresses, such as loopback, cannot be used as the address of a host.
    package static func specialAddressErrors(_ text: String, _ path: FieldPath) -> [FieldError] {
        guard let address = IPAddress(sloppy(text) ?? "") else {
            return [.invalid(path, .string(text), "must be a valid IP address")]
        }
        var details: [String] = []
        if address.isUnspecified { details.append("may not be unspecified (\(text))") }
        if address.isLoopback { details.append("may not be in the loopback range (127.0.0.0/8, ::1/128)") }
        if address.isLinkLocalUnicast {
            details.append("may not be in the link-local range (169.254.0.0/16, fe80::/10)")
        }
        if address.isLinkLocalMulticast {
            details.append("may not be in the link-local multicast range (224.0.0.0/24, ff02::/10)")
        }
        return details.map { .invalid(path, .string(text), $0) }
    }

    /// Addresses that a future release will reject, or that others may not recognise as the same address.
    package static func addressWarnings(_ text: String, _ path: FieldPath) -> [String] {
        guard let plain = sloppy(text), let address = IPAddress(plain) else { return [] }
        if plain != text || (address.isIPv4 && hasColon(text)) {
            return [
                "\(path): non-standard IP address \(text.goQuoted) will be considered invalid in a future Kubernetes "
                    + "release: use \(address.description.goQuoted)"
            ]
        }
        if address.description != text {
            return [
                "\(path): IPv6 address \(text.goQuoted) should be in RFC 5952 canonical format "
                    + "(\(address.description.goQuoted))"
            ]
        }
        return []
    }

    package static func rangeWarnings(_ text: String, _ path: FieldPath) -> [String] {
        guard let range = CIDR(text) else { return [] }
        let head = text.split(separator: "/").first.map(String.init) ?? ""
        if let address = IPAddress(head), address != range.network {
            let host = "\(address)/\(address.bitWidth)"
            return [
                "\(path): CIDR value \(text.goQuoted) is ambiguous in this context (should be "
                    + "\(range.description.goQuoted) or \(host.goQuoted)?)"
            ]
        }
        if range.description != text {
            return [
                "\(path): IPv6 CIDR value \(text.goQuoted) should be in RFC 5952 canonical format "
                    + "(\(range.description.goQuoted))"
            ]
        }
        return []
    }

    private static func hasColon(_ text: String) -> Bool { text.utf8.contains(UInt8(ascii: ":")) }
}
