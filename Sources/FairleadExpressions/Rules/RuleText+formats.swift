import FairleadModel

extension RuleText {
    /// Padded base64 of RFC 4648; nil for anything else.
    static func decodedBase64(_ text: String) -> [UInt8]? {
        var output: [UInt8] = []
        var bits: UInt32 = 0
        var count = 0
        var padding = 0
        for character in text.utf8 where character != 0x0A && character != 0x0D {
            if character == UInt8(ascii: "=") {
                padding += 1
                continue
            }
            guard padding == 0, let digit = digit(of: character) else { return nil }
            bits = bits << 6 | digit
            count += 1
            if count % 4 == 0 {
                output += [16, 8, 0].map { UInt8(truncatingIfNeeded: bits >> UInt32($0)) }
                bits = 0
            }
        }
        switch (count % 4, padding) {
        case (0, 0): break
        case (2, 2): output.append(UInt8(truncatingIfNeeded: bits >> 4))
        case (3, 1): output += [10, 2].map { UInt8(truncatingIfNeeded: bits >> UInt32($0)) }
        default: return nil
        }
        return output
    }

    private static func digit(of character: UInt8) -> UInt32? {
        switch character {
        case UInt8(ascii: "A")...UInt8(ascii: "Z"): UInt32(character - UInt8(ascii: "A"))
        case UInt8(ascii: "a")...UInt8(ascii: "z"): UInt32(character - UInt8(ascii: "a")) + 26
        case UInt8(ascii: "0")...UInt8(ascii: "9"): UInt32(character - UInt8(ascii: "0")) + 52
        case UInt8(ascii: "+"): 62
        case UInt8(ascii: "/"): 63
        default: nil
        }
    }

    /// With as many decimals as there are.
    static func rfc3339(_ time: Timestamp) -> String {
        let whole = Timestamp(seconds: time.seconds).rfc3339
        guard time.nanoseconds > 0 else { return whole }
        let digits = String(time.nanoseconds)
        var decimals = String(repeating: "0", count: 9 - digits.count) + digits
        while decimals.last == "0" { decimals.removeLast() }
        return whole.dropLast() + "." + decimals + "Z"
    }
}

/// The formats of Kubernetes' names that rules can ask for.
///
/// Reference: k8s.io/apiserver `pkg/cel/library/format.go`.
enum RuleFormat: String, Sendable, CaseIterable {
    case dns1123Label, dns1123Subdomain, dns1035Label, qualifiedName, dns1123LabelPrefix, dns1123SubdomainPrefix
    case dns1035LabelPrefix, labelValue, uri, uuid, byte, date, datetime

    static let functions: [String] = allCases.map(\.rawValue)

    /// What is wrong with a text; empty if nothing is.
    func problems(of text: String) -> [String] {
        switch self {
        case .dns1123Label: return NameRules.dns1123Label(text)
        case .dns1123Subdomain: return NameRules.dns1123Subdomain(text)
        case .dns1035Label: return NameRules.dns1035Label(text)
        case .qualifiedName: return NameRules.qualifiedName(text)
        case .labelValue: return NameRules.labelValue(text)
        // Names that are generated go on behind a dash.
        case .dns1123LabelPrefix: return NameRules.dns1123Label(Self.masked(text))
        case .dns1123SubdomainPrefix: return NameRules.dns1123Subdomain(Self.masked(text))
        case .dns1035LabelPrefix: return NameRules.dns1035Label(Self.masked(text))
        case .uri:
            do throws(RuleError) {
                _ = try RuleURL(text)
                return []
            } catch {
                return [error.message]
            }
        case .uuid:
            return Self.uuidPattern?.matches(String(text.prefix(100))) == true ? [] : ["does not match the UUID format"]
        case .byte: return RuleText.decodedBase64(text) == nil ? ["invalid base64"] : []
        case .date: return text.utf8.count == 10 && RuleTime.timestamp(ofData: text) != nil ? [] : ["invalid date"]
        case .datetime: return Timestamp(rfc3339: text) == nil ? ["invalid datetime"] : []
        }
    }

    private static func masked(_ text: String) -> String {
        text.utf8.count > 1 && text.hasSuffix("-") ? text.dropLast(2) + "a" : text
    }

    private static let uuidPattern = try? Pattern(
        "^(?i)[0-9a-f]{8}-?[0-9a-f]{4}-?[0-9a-f]{4}-?[0-9a-f]{4}-?[0-9a-f]{12}$")
}

/// A semantic version (semver.org).
///
/// Reference: k8s.io/apiserver `pkg/cel/library/semverlib.go`; the messages are those of github.com/blang/semver.
struct RuleVersion: Sendable {
    let numbers: [UInt64]
    private let prerelease: [Substring]

    /// - Parameter isNormalized: whether a leading `v`, missing numbers and leading zeros are put right.
    init(_ source: String, isNormalized: Bool) throws(RuleError) {
        if source.isEmpty { throw RuleError("Version string empty") }
        var text = Substring(source)
        if isNormalized, text.hasPrefix("v") { text = text.dropFirst() }
        var parts = text.split(separator: ".", maxSplits: 2, omittingEmptySubsequences: false)
        if isNormalized {
            if parts.count < 3, parts.last?.contains(where: { "+-".contains($0) }) == true {
                throw RuleError("short version cannot contain PreRelease/Build meta data")
            }
            while parts.count < 3 { parts.append("0") }
            parts = parts.map(Self.withoutZeros)
        }
        guard parts.count == 3 else { throw RuleError("No Major.Minor.Patch elements found") }
        var build: Substring?
        var before: Substring?
        if let plus = parts[2].firstIndex(of: "+") {
            build = parts[2][parts[2].index(after: plus)...]
            parts[2] = parts[2][..<plus]
        }
        if let dash = parts[2].firstIndex(of: "-") {
            before = parts[2][parts[2].index(after: dash)...]
            parts[2] = parts[2][..<dash]
        }
        var numbers: [UInt64] = []
        for (name, part) in zip(["major", "minor", "patch"], parts) {
            guard !part.isEmpty, part.utf8.allSatisfy(Self.isDigit), let number = UInt64(part) else {
                throw RuleError("Invalid character(s) found in \(name) number \(String(part).goQuoted)")
            }
            if part.utf8.count > 1, part.first == "0" {
                let shown = name.prefix(1).uppercased() + name.dropFirst()
                throw RuleError("\(shown) number must not contain leading zeroes \(String(part).goQuoted)")
            }
            numbers.append(number)
        }
        self.numbers = numbers
        prerelease = before?.split(separator: ".", omittingEmptySubsequences: false) ?? []
        for part in prerelease {
            if part.isEmpty { throw RuleError("Prerelease is empty") }
            if part.utf8.allSatisfy(Self.isDigit) {
                guard part.utf8.count == 1 || part.first != "0" else {
                    throw RuleError(
                        "Numeric PreRelease version must not contain leading zeroes \(String(part).goQuoted)")
                }
            } else if !part.utf8.allSatisfy(Self.isIdentifierByte) {
                throw RuleError("Invalid character(s) found in prerelease \(String(part).goQuoted)")
            }
        }
        for part in build?.split(separator: ".", omittingEmptySubsequences: false) ?? [] {
            if part.isEmpty { throw RuleError("Build meta data is empty") }
            guard part.utf8.allSatisfy(Self.isIdentifierByte) else {
                throw RuleError("Invalid character(s) found in build meta data \(String(part).goQuoted)")
            }
        }
    }

    private static func withoutZeros(_ part: Substring) -> Substring {
        let rest = part.drop { $0 == "0" }
        // A zero is left where nothing else is a number.
        guard rest.utf8.first.map(isDigit) != true, rest.count < part.count else { return rest }
        return part.dropFirst(part.count - rest.count - 1)
    }

    private static func isDigit(_ byte: UInt8) -> Bool { (0x30...0x39).contains(byte) }

    private static func isIdentifierByte(_ byte: UInt8) -> Bool {
        (0x30...0x39).contains(byte) || (0x61...0x7A).contains(byte | 0x20) || byte == UInt8(ascii: "-")
    }

    /// Negative, zero or positive.
    func order(_ other: RuleVersion) -> Int {
        for (mine, theirs) in zip(numbers, other.numbers) where mine != theirs { return mine < theirs ? -1 : 1 }
        if prerelease.isEmpty || other.prerelease.isEmpty {
            return prerelease.isEmpty == other.prerelease.isEmpty ? 0 : prerelease.isEmpty ? 1 : -1
        }
        for (mine, theirs) in zip(prerelease, other.prerelease) where mine != theirs {
            switch (UInt64(mine), UInt64(theirs)) {
            case (let mine?, let theirs?): return mine < theirs ? -1 : mine == theirs ? 0 : 1
            case (_?, nil): return -1
            case (nil, _?): return 1
            default: return mine.utf8.lexicographicallyPrecedes(theirs.utf8) ? -1 : 1
            }
        }
        return prerelease.count == other.prerelease.count ? 0 : prerelease.count < other.prerelease.count ? -1 : 1
    }

    func call(_ name: String, _ second: RuleValue?) throws(RuleError) -> RuleValue {
        switch (name, second) {
        case ("major", nil): return .int(Int64(clamping: numbers[0]))
        case ("minor", nil): return .int(Int64(clamping: numbers[1]))
        case ("patch", nil): return .int(Int64(clamping: numbers[2]))
        case ("isLessThan", .semver(let other)?): return .bool(order(other) < 0)
        case ("isGreaterThan", .semver(let other)?): return .bool(order(other) > 0)
        case ("compareTo", .semver(let other)?): return .int(Int64(order(other)))
        default: throw .noOverload
        }
    }
}
