import FairleadExpressions
import FairleadModel

/// The string formats that a schema can require.
///
/// Reference: k8s.io/kube-openapi `pkg/validation/strfmt`; "Formats" of CustomResourceDefinitions.
package enum StringFormat: String, Sendable, CaseIterable {
    case uri, email, hostname, ipv4, ipv6, cidr, mac, uuid, uuid3, uuid4, uuid5, byte, password, date, duration
    case dateTime = "date-time"
    case isbn, isbn10, isbn13, creditcard, ssn, hexcolor, rgbcolor, bsonobjectid
    case shortName = "k8s-short-name"
    case longName = "k8s-long-name"

    static func canonical(_ name: String) -> String { name == "datetime" ? "date-time" : name }

    /// Whether a format has a meaning here, including the formats of numbers.
    package static func isRecognized(_ name: String) -> Bool {
        ["int32", "int64", "float", "double"].contains(name) || StringFormat(rawValue: canonical(name)) != nil
    }

    package func accepts(_ text: String) -> Bool {
        if isShort, text.utf8.count > Self.longest { return false }
        return switch self {
        case .password: true
        case .uri: Self.isURI(text)
        case .email: MailAddress.isValid(text)
        case .hostname: Self.isHostname(text)
        // An IPv4 address within an IPv6 one is both.
        case .ipv4: text.contains(".") && IPAddress(Self.withoutLeadingZeros(text)) != nil
        case .ipv6: text.contains(":") && IPAddress(Self.withoutLeadingZeros(text)) != nil
        case .cidr: CIDR(Self.withoutLeadingZeros(text)) != nil
        case .mac: Self.macPattern?.matches(text) ?? true
        case .uuid: Self.uuidPattern?.matches(text) ?? true
        case .uuid3: Self.uuid3Pattern?.matches(text) ?? true
        case .uuid4: Self.uuid4Pattern?.matches(text) ?? true
        case .uuid5: Self.uuid5Pattern?.matches(text) ?? true
        case .byte: (try? Base64.canonical(text)) != nil
        case .date: Timestamp(rfc3339: text + "T00:00:00Z") != nil && text.utf8.count == 10
        case .dateTime: Timestamp(rfc3339: text) != nil
        case .duration: Self.isDuration(text)
        case .isbn: Self.isISBN10(text) || Self.isISBN13(text)
        case .isbn10: Self.isISBN10(text)
        case .isbn13: Self.isISBN13(text)
        case .creditcard: Self.isCreditCard(text)
        case .ssn: Self.ssnPattern?.matches(text) ?? true
        case .hexcolor: Self.hexColorPattern?.matches(text) ?? true
        case .rgbcolor: Self.rgbColorPattern?.matches(text) ?? true
        case .bsonobjectid: Self.objectIDPattern?.matches(text) ?? true
        case .shortName: NameRules.dns1123Label(text).isEmpty
        case .longName: NameRules.dns1123Subdomain(text).isEmpty
        }
    }

    /// Whether values of the format are always short, so that long texts need not be examined.
    private var isShort: Bool {
        switch self {
        case .email, .ipv4, .ipv6, .cidr, .uuid, .uuid3, .uuid4, .uuid5, .mac, .duration, .ssn, .hexcolor, .rgbcolor,
            .bsonobjectid, .isbn, .isbn10, .isbn13, .creditcard:
            true
        default: false
        }
    }

    private static let longest = 1024

    private static let uuidPattern = uuidPattern("[0-9a-fA-F]{4}", "[0-9a-fA-F]{4}")
    private static let uuid3Pattern = uuidPattern("3[0-9a-fA-F]{3}", "[0-9a-fA-F]{4}")
    private static let uuid4Pattern = uuidPattern("4[0-9a-fA-F]{3}", "[89abAB][0-9a-fA-F]{3}")
    private static let uuid5Pattern = uuidPattern("5[0-9a-fA-F]{3}", "[89abAB][0-9a-fA-F]{3}")

    /// - Parameters:
    ///   - third, fourth: the groups that identify a version; every dash is optional.
    private static func uuidPattern(_ third: String, _ fourth: String) -> Pattern? {
        try? Pattern("^[0-9a-fA-F]{8}-?[0-9a-fA-F]{4}-?\(third)-?\(fourth)-?[0-9a-fA-F]{12}$")
    }
    private static let macPattern = try? Pattern("^([0-9A-Fa-f]{2}[:-]){5}([0-9A-Fa-f]{2}[:-]){0,14}[0-9A-Fa-f]{2}$")
    private static let ssnPattern = try? Pattern(#"^\d{3}[- ]?\d{2}[- ]?\d{4}$"#)
    private static let hexColorPattern = try? Pattern("^#?([0-9a-fA-F]{3}|[0-9a-fA-F]{6})$")
    private static let rgbColorPattern = try? Pattern(
        #"^rgb\(\s*(0|[1-9]\d?|1\d\d?|2[0-4]\d|25[0-5])\s*,\s*(0|[1-9]\d?|1\d\d?|2[0-4]\d|25[0-5])\s*,\s*(0|[1-9]\d?|1\d\d?|2[0-4]\d|25[0-5])\s*\)$"#
    )
    private static let objectIDPattern = try? Pattern("^[0-9a-fA-F]{24}$")
    private static let labelPattern = try? Pattern("^[a-zA-Z0-9]([-a-zA-Z0-9]{0,61}[a-zA-Z0-9])?$")
    private static let schemePattern = try? Pattern("^[a-zA-Z][-+.a-zA-Z0-9]*:.")

    /// An absolute URI or an absolute path: what Go's ParseRequestURI accepts.
    private static func isURI(_ text: String) -> Bool {
        if text.isEmpty || text.unicodeScalars.contains(where: { $0.value <= 0x20 || $0.value == 0x7F }) {
            return false
        }
        if text.hasPrefix("/") { return true }
        return schemePattern?.matches(text) ?? true
    }

    private static func isHostname(_ text: String) -> Bool {
        guard !text.isEmpty, text.utf8.count <= 255 else { return false }
        let labels = (text.hasSuffix(".") ? String(text.dropLast()) : text)
            .split(separator: ".", omittingEmptySubsequences: false)
        return labels.allSatisfy { labelPattern?.matches(String($0)) ?? true }
    }

    /// An address in the form that old versions of Go accepted: IPv4 numbers may begin with zeros.
    private static func withoutLeadingZeros(_ text: String) -> String {
        guard text.contains("."), text.utf8.count <= longest else { return text }
        let start = text.lastIndex(of: ":").map { text.index(after: $0) } ?? text.startIndex
        let end = text[start...].firstIndex(of: "/") ?? text.endIndex
        let numbers = text[start..<end].split(separator: ".", omittingEmptySubsequences: false).map { number in
            let rest = number.drop { $0 == "0" }
            return rest.isEmpty ? String(number.suffix(1)) : String(rest)
        }
        return text[..<start] + numbers.joined(separator: ".") + text[end...]
    }

    private static func isDuration(_ text: String) -> Bool { RuleTime.duration(ofData: text) != nil }

    private static func digits(_ text: String) -> [Character] { text.filter { $0 != "-" && $0 != " " }.map { $0 } }

    private static func isISBN10(_ text: String) -> Bool {
        let all = digits(text)
        guard all.count == 10 else { return false }
        var sum = 0
        for (index, character) in all.enumerated() {
            guard let value = character.wholeNumberValue ?? (index == 9 && character == "X" ? 10 : nil) else {
                return false
            }
            sum += (index + 1) * value
        }
        return sum % 11 == 0
    }

    private static func isISBN13(_ text: String) -> Bool {
        let values = digits(text).compactMap(\.wholeNumberValue)
        guard values.count == 13, digits(text).count == 13 else { return false }
        return values.enumerated().reduce(0) { $0 + $1.element * ($1.offset % 2 == 0 ? 1 : 3) } % 10 == 0
    }

    private static func isCreditCard(_ text: String) -> Bool {
        let values = digits(text).compactMap(\.wholeNumberValue)
        guard (13...19).contains(values.count), values.count == digits(text).count else { return false }
        let sum = values.reversed().enumerated().reduce(0) { sum, digit in
            guard digit.offset % 2 == 1 else { return sum + digit.element }
            let doubled = digit.element * 2
            return sum + (doubled > 9 ? doubled - 9 : doubled)
        }
        return sum % 10 == 0
    }
}
