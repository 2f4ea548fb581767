extension Double {
    /// The number as Go's encoding/json prints it: the shortest digits that read back equal, with an exponent only
    /// below 1e-6 and from 1e21 up. JSON has no infinities; they become null.
    package var goJSON: String {
        guard isFinite else { return "null" }
        if self == 0 { return sign == .minus ? "-0" : "0" }
        let (digits, exponent) = magnitude.shortestDigits
        let sign = self < 0 ? "-" : ""
        if magnitude < 1e-6 || magnitude >= 1e21 {
            let fraction = digits.count > 1 ? "." + digits.dropFirst() : ""
            let power = exponent - 1
            let powerText = power < 0 ? "-\(-power)" : (power < 10 ? "+0\(power)" : "+\(power)")
            return "\(sign)\(digits.prefix(1))\(fraction)e\(powerText)"
        }
        if exponent <= 0 { return "\(sign)0.\(String(repeating: "0", count: -exponent))\(digits)" }
        if digits.count <= exponent {
            return "\(sign)\(digits)\(String(repeating: "0", count: exponent - digits.count))"
        }
        return "\(sign)\(digits.prefix(exponent)).\(digits.dropFirst(exponent))"
    }

    /// The number as Go's `%g` prints it: the shortest digits that read back equal, with an exponent below 1e-4 and from
    /// 1e6 up.
    package var goShortest: String {
        if isNaN { return "NaN" }
        if isInfinite { return self < 0 ? "-Inf" : "+Inf" }
        if self == 0 || magnitude >= 1e-4 && magnitude < 1e6 { return goJSON }
        let (digits, exponent) = magnitude.shortestDigits
        let fraction = digits.count > 1 ? "." + digits.dropFirst() : ""
        let power = exponent - 1
        let powerText = (power.magnitude < 10 ? "0" : "") + String(power.magnitude)
        return "\(self < 0 ? "-" : "")\(digits.prefix(1))\(fraction)e\(power < 0 ? "-" : "+")\(powerText)"
    }

    /// Digits d and exponent e of a positive number such that it equals 0.d × 10^e; d neither begins nor ends with 0.
    private var shortestDigits: (digits: String, exponent: Int) {
        let text = description
        var digits = ""
        var exponent = 0
        var isAfterPoint = false
        var rest = text[...]
        while let character = rest.first {
            rest.removeFirst()
            if character == "." {
                isAfterPoint = true
            } else if character == "e" {
                exponent += Int(rest) ?? 0
                break
            } else if digits.isEmpty, character == "0" {
                if isAfterPoint { exponent -= 1 }
            } else {
                digits.append(character)
                if !isAfterPoint { exponent += 1 }
            }
        }
        while digits.last == "0" { digits.removeLast() }
        return (digits, exponent)
    }
}

extension Value {
    /// The JSON text as Go's json.Marshal writes it: what HTML reads as markup is escaped. It stands in texts only.
    package var goJSONText: String {
        let text = jsonText
        guard text.unicodeScalars.contains(where: { Self.markup[$0] != nil }) else { return text }
        return text.unicodeScalars.reduce(into: "") { result, scalar in
            if let escape = Self.markup[scalar] { result += escape } else { result.unicodeScalars.append(scalar) }
        }
    }

    private static let markup: [Unicode.Scalar: String] = [
        "<": #"\u003c"#, ">": #"\u003e"#, "&": #"\u0026"#, "\u{2028}": #"\u2028"#, "\u{2029}": #"\u2029"#,
    ]
}
