/// The meaning of plain scalars in YAML 1.1, as Go's yaml.v2 resolves them.
enum YAMLScalar {
    static func resolve(_ text: String) -> Value {
        switch text {
        case "", "~", "null", "Null", "NULL": return .null
        case "y", "Y", "yes", "Yes", "YES", "true", "True", "TRUE", "on", "On", "ON": return .bool(true)
        case "n", "N", "no", "No", "NO", "false", "False", "FALSE", "off", "Off", "OFF": return .bool(false)
        default: break
        }
        guard let first = text.utf8.first, "+-.0123456789".utf8.contains(first) else { return .string(text) }
        return number(text) ?? .string(text)
    }

    /// Integers (decimal, 0x, 0b, 0o and the old octal 0…, with underscores) and floats. Infinity and NaN have no JSON
    /// equivalent, so they stay strings.
    private static func number(_ text: String) -> Value? {
        let plain = text.replacing("_", with: "")
        guard !plain.isEmpty else { return nil }
        let isNegative = plain.hasPrefix("-")
        let unsigned = isNegative || plain.hasPrefix("+") ? plain.dropFirst() : plain[...]
        let lowered = unsigned.lowercased()
        var radix = 10
        var digits = lowered[...]
        if lowered.hasPrefix("0x") {
            (radix, digits) = (16, lowered.dropFirst(2))
        } else if lowered.hasPrefix("0b") {
            (radix, digits) = (2, lowered.dropFirst(2))
        } else if lowered.hasPrefix("0o") {
            (radix, digits) = (8, lowered.dropFirst(2))
        } else if lowered.count > 1, lowered.hasPrefix("0"), lowered.allSatisfy(\.isNumber) {
            (radix, digits) = (8, lowered.dropFirst())
        }
        if digits.first != "+", digits.first != "-", let magnitude = UInt64(digits, radix: radix) {
            if !isNegative, let value = Int64(exactly: magnitude) { return .int(value) }
            if isNegative, magnitude <= UInt64(Int64.max) + 1 {
                return .int(Int64(truncatingIfNeeded: 0 &- magnitude))
            }
            return .double(isNegative ? -Double(magnitude) : Double(magnitude))
        }
        guard isFloat(unsigned), let value = Double(unsigned) else { return nil }
        return .double(isNegative ? -value : value)
    }

    /// `1.5`, `.5`, `1.`, `1e3`: digits with at most one point, then optionally an exponent.
    private static func isFloat(_ text: Substring) -> Bool {
        var rest = text.utf8[...]
        let whole = rest.prefix { (0x30...0x39).contains($0) }
        rest = rest.dropFirst(whole.count)
        var fraction = 0
        if rest.first == UInt8(ascii: ".") {
            rest.removeFirst()
            fraction = rest.prefix { (0x30...0x39).contains($0) }.count
            rest = rest.dropFirst(fraction)
        }
        guard whole.count + fraction > 0 else { return false }
        guard let mark = rest.first else { return true }
        guard mark == UInt8(ascii: "e") || mark == UInt8(ascii: "E") else { return false }
        rest.removeFirst()
        if rest.first == UInt8(ascii: "+") || rest.first == UInt8(ascii: "-") { rest.removeFirst() }
        return !rest.isEmpty && rest.allSatisfy { (0x30...0x39).contains($0) }
    }

    /// Whether this text, written as a plain scalar, would be read back as a string.
    static func isSafePlain(_ text: String) -> Bool {
        guard case .string = resolve(text) else { return false }
        return !looksLikeDate(text) && !isSexagesimal(text) && text != "<<"
            && ![".inf", "-.inf", "+.inf", ".nan", ".Inf", "-.Inf", "+.Inf", ".NaN", ".INF", "-.INF", "+.INF", ".NAN"]
                .contains(text)
    }

    /// Dates and times, which other parsers take for timestamps.
    private static func looksLikeDate(_ text: String) -> Bool {
        let parts = text.split(separator: "-", maxSplits: 2, omittingEmptySubsequences: false)
        guard parts.count == 3, parts[0].utf8.count == 4, parts[0].utf8.allSatisfy({ (0x30...0x39).contains($0) }),
            (1...2).contains(parts[1].utf8.count), parts[1].utf8.allSatisfy({ (0x30...0x39).contains($0) })
        else { return false }
        let day = parts[2].prefix { $0.isNumber }
        guard (1...2).contains(day.count) else { return false }
        let rest = parts[2].dropFirst(day.count)
        if rest.isEmpty { return parts[1].count == 2 && day.count == 2 }
        return "Tt ".contains(rest.first ?? "x") && rest.dropFirst().first?.isNumber ?? false
    }

    /// Base-60 numbers (`1:30`), which YAML 1.1 has and Go writes in quotes.
    private static func isSexagesimal(_ text: String) -> Bool {
        guard text.contains(":"), let first = text.first, first == "+" || first == "-" || first.isNumber else {
            return false
        }
        var unsigned = text[...]
        if first == "+" || first == "-" { unsigned.removeFirst() }
        let parts = unsigned.split(separator: ":", omittingEmptySubsequences: false)
        guard parts.count > 1, let head = parts.first, head.first?.isNumber ?? false,
            head.allSatisfy({ $0.isNumber || $0 == "_" })
        else { return false }
        return parts.dropFirst().enumerated().allSatisfy { index, part in
            let isLast = index == parts.count - 2
            let digits = isLast ? part.prefix { $0 != "." } : part
            guard (1...2).contains(digits.count), digits.allSatisfy(\.isNumber), (Int(digits) ?? 60) < 60 else {
                return false
            }
            return part.dropFirst(digits.count).dropFirst().allSatisfy { $0.isNumber || $0 == "_" }
        }
    }
}
