/// The rules for names and values of fields, with Kubernetes' messages. Every rule returns the messages for what is
/// wrong; none means valid.
///
/// Reference: k8s.io/apimachinery `util/validation`; RFC 1035, RFC 1123.
package enum NameRules {
    static let labelFormat = "[a-z0-9]([-a-z0-9]*[a-z0-9])?"
    static let subdomainFormat = "[a-z0-9]([-a-z0-9]*[a-z0-9])?(\\.[a-z0-9]([-a-z0-9]*[a-z0-9])?)*"
    static let qualifiedFormat = "([A-Za-z0-9][-A-Za-z0-9_.]*)?[A-Za-z0-9]"

    package static func dns1123Label(_ text: String) -> [String] {
        var messages = tooLong(text, 63)
        if !isLabel(text.utf8[...]) {
            messages.append(
                isSubdomain(text)
                    ? "must not contain dots"
                    : mismatch(
                        "a lowercase RFC 1123 label must consist of lower case alphanumeric characters or '-', and "
                            + "must start and end with an alphanumeric character",
                        labelFormat, "my-name", "123-abc"))
        }
        return messages
    }

    package static func dns1123Subdomain(_ text: String) -> [String] {
        var messages = tooLong(text, 253)
        if !isSubdomain(text) {
            messages.append(
                mismatch(
                    "a lowercase RFC 1123 subdomain must consist of lower case alphanumeric characters, '-' or '.', "
                        + "and must start and end with an alphanumeric character",
                    subdomainFormat, "example.com"))
        }
        return messages
    }

    /// As in DNS search paths: labels may begin with an underscore and contain underscores.
    package static func dns1123SubdomainWithUnderscores(_ text: String) -> [String] {
        var messages = tooLong(text, 253)
        let isValid = text.utf8.split(separator: UInt8(ascii: "."), omittingEmptySubsequences: false).allSatisfy {
            let rest = $0.first == UInt8(ascii: "_") ? $0.dropFirst() : $0
            guard let first = rest.first, let last = rest.last else { return false }
            return isLowerAlphanumeric(first) && isLowerAlphanumeric(last)
                && rest.allSatisfy {
                    isLowerAlphanumeric($0) || $0 == UInt8(ascii: "-") || $0 == UInt8(ascii: "_")
                }
        }
        if !isValid {
            let part = "_?[a-z0-9]([-_a-z0-9]*[a-z0-9])?"
            messages.append(
                mismatch(
                    "a lowercase RFC 1123 subdomain must consist of lower case alphanumeric characters, '_', '-' or "
                        + "'.', and must start and end with an alphanumeric character",
                    "\(part)(\\.\(part))*", "example.com"))
        }
        return messages
    }

    /// `*.example.com`.
    package static func wildcardDNS1123Subdomain(_ text: String) -> [String] {
        var messages = tooLong(text, 253)
        if !text.hasPrefix("*.") || !isSubdomain(String(text.dropFirst(2))) {
            messages.append(
                mismatch(
                    "a wildcard DNS-1123 subdomain must start with '*.', followed by a valid DNS subdomain, which must "
                        + "consist of lower case alphanumeric characters, '-' or '.' and end with an alphanumeric "
                        + "character",
                    "\\*\\." + subdomainFormat, "*.example.com"))
        }
        return messages
    }

    package static func dns1035Label(_ text: String) -> [String] {
        var messages = tooLong(text, 63)
        let startsWithLetter = text.utf8.first.map { UInt8(ascii: "a")...UInt8(ascii: "z") ~= $0 } ?? false
        if !startsWithLetter || !isLabel(text.utf8[...]) {
            messages.append(
                mismatch(
                    "a DNS-1035 label must consist of lower case alphanumeric characters or '-', start with an "
                        + "alphabetic character, and end with an alphanumeric character",
                    "[a-z]([-a-z0-9]*[a-z0-9])?", "my-name", "abc-123"))
        }
        return messages
    }

    /// Keys of labels and annotations: `name` or `prefix/name`.
    package static func qualifiedName(_ text: String) -> [String] {
        if isQualified(text), text.utf8.count <= 63 { return [] }
        let parts = text.utf8.split(separator: UInt8(ascii: "/"), omittingEmptySubsequences: false)
            .map { String(Substring($0)) }
        var messages: [String] = []
        let name: String
        switch parts.count {
        case 1: name = parts[0]
        case 2:
            name = parts[1]
            if parts[0].isEmpty {
                messages.append("prefix part must be non-empty")
            } else {
                messages += dns1123Subdomain(parts[0]).map { "prefix part " + $0 }
            }
        default:
            return [
                "a valid label key " + qualifiedMismatch
                    + " with an optional DNS subdomain prefix and '/' (e.g. 'example.com/MyName')"
            ]
        }
        if name.isEmpty {
            messages.append("name part must be non-empty")
        } else {
            messages += tooLong(name, 63).map { "name part " + $0 }
        }
        if !isQualified(name) { messages.append("name part " + qualifiedMismatch) }
        return messages
    }

    private static var qualifiedMismatch: String {
        mismatch(
            "must consist of alphanumeric characters, '-', '_' or '.', and must start and end with an alphanumeric "
                + "character",
            qualifiedFormat, "MyName", "my.name", "123-abc")
    }

    package static func labelValue(_ text: String) -> [String] {
        var messages = tooLong(text, 63)
        if !text.isEmpty, !isQualified(text) {
            messages.append(
                mismatch(
                    "a valid label must be an empty string or consist of alphanumeric characters, '-', '_' or '.', and "
                        + "must start and end with an alphanumeric character",
                    "(" + qualifiedFormat + ")?", "MyValue", "my_value", "12345"))
        }
        return messages
    }

    /// Names that form one segment of a path (those of roles, for instance, may contain colons).
    package static func pathSegment(_ text: String) -> [String] {
        if text == "." || text == ".." { return ["may not be '\(text)'"] }
        let bytes = text.utf8
        return ["/", "%"].filter { bytes.contains($0.utf8[$0.utf8.startIndex]) }.map { "may not contain '\($0)'" }
    }

    // MARK: Patterns

    static func mismatch(_ message: String, _ format: String, _ examples: String...) -> String {
        let list = examples.enumerated().map { "\($0.offset > 0 ? " or " : "")'\($0.element)', " }.joined()
        return "\(message) (\(examples.isEmpty ? "" : "e.g. " + list)regex used for validation is '\(format)')"
    }

    static func tooLong(_ text: String, _ maximum: Int) -> [String] {
        text.utf8.count > maximum ? ["must be no more than \(maximum) characters"] : []
    }

    static func isLowerAlphanumeric(_ byte: UInt8) -> Bool {
        UInt8(ascii: "a")...UInt8(ascii: "z") ~= byte || UInt8(ascii: "0")...UInt8(ascii: "9") ~= byte
    }

    static func isAlphanumeric(_ byte: UInt8) -> Bool {
        isLowerAlphanumeric(byte) || UInt8(ascii: "A")...UInt8(ascii: "Z") ~= byte
    }

    private static func isLabel(_ bytes: Substring.UTF8View.SubSequence) -> Bool {
        guard let first = bytes.first, let last = bytes.last else { return false }
        return isLowerAlphanumeric(first) && isLowerAlphanumeric(last)
            && bytes.allSatisfy { isLowerAlphanumeric($0) || $0 == UInt8(ascii: "-") }
    }

    private static func isSubdomain(_ text: String) -> Bool {
        var rest = text.utf8[...]
        while let dot = rest.firstIndex(of: UInt8(ascii: ".")) {
            guard isLabel(rest[..<dot]) else { return false }
            rest = rest[dot...].dropFirst()
        }
        return isLabel(rest)
    }

    private static func isQualified(_ text: String) -> Bool {
        guard let first = text.utf8.first, let last = text.utf8.last else { return false }
        return isAlphanumeric(first) && isAlphanumeric(last)
            && text.utf8.allSatisfy {
                isAlphanumeric($0) || $0 == UInt8(ascii: "-") || $0 == UInt8(ascii: "_") || $0 == UInt8(ascii: ".")
            }
    }
}
