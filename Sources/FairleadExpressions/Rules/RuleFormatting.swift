import FairleadModel

/// `'%d of %s'.format([1, 'x'])`.
///
/// Reference: cel-go `ext/formatting.go`.
enum RuleFormatting {
    static func format(_ template: String, _ arguments: RuleValue, _ cost: inout RuleCost) throws(RuleError) -> String {
        guard let count = arguments.count else { throw .noOverload }
        var result = ""
        var used = 0
        var rest = template.unicodeScalars[...]
        while let scalar = rest.popFirst() {
            guard scalar == "%" else {
                result.unicodeScalars.append(scalar)
                continue
            }
            guard let next = rest.first else { throw RuleError("unexpected end of string") }
            if next == "%" {
                rest.removeFirst()
                result += "%"
                continue
            }
            guard used < count else { throw RuleError("index \(used) out of range") }
            let precision = try Self.precision(&rest)
            guard let clause = rest.popFirst() else { throw RuleError("unexpected end of string") }
            let text = try clauseText(clause, precision, arguments.element(used), &cost)
            try cost.work(bytes: text.utf8.count)
            result += text
            used += 1
        }
        return result
    }

    private static func precision(_ rest: inout Substring.UnicodeScalarView) throws(RuleError) -> Int? {
        guard rest.first == "." else { return nil }
        rest.removeFirst()
        var digits = ""
        while let scalar = rest.first, ("0"..."9").contains(scalar) {
            digits.unicodeScalars.append(scalar)
            rest.removeFirst()
        }
        guard let number = Int(digits), number <= 100 else {
            throw RuleError("error parsing precision: could not parse precision")
        }
        return number
    }

    private static func clauseText(
        _ clause: Unicode.Scalar, _ precision: Int?, _ value: RuleValue, _ cost: inout RuleCost
    ) throws(RuleError) -> String {
        func refusal(_ what: String) -> RuleError {
            RuleError("error during formatting: \(what), was given \(value.typeName)")
        }
        switch clause {
        case "s": return try text(of: value, &cost)
        case "d":
            switch value {
            case .plain(.int(let number)): return String(number)
            case .uint(let number): return String(number)
            case .plain(.double(let number)) where !number.isFinite: return try text(of: value, &cost)
            default: throw refusal("decimal clause can only be used on integers")
            }
        case "f", "e":
            let what = clause == "f" ? "fixed-point" : "scientific"
            let number = try number(value, refusal("\(what) clause can only be used on doubles"))
            // All digits of a number are worked out: the more the further it is from one.
            let exponent = number.isFinite && number != 0 ? Int(number.exponent) : 0
            try cost.work(100 + exponent * exponent / 40)
            return clause == "f" ? fixed(number, precision ?? 6) : scientific(number, precision ?? 6)
        case "b", "o":
            let radix = clause == "b" ? 2 : 8
            switch value {
            case .plain(.int(let number)): return String(number, radix: radix)
            case .uint(let number): return String(number, radix: radix)
            case .plain(.bool(let flag)) where clause == "b": return flag ? "1" : "0"
            default: throw refusal("\(clause == "b" ? "binary" : "octal") clause can only be used on integers")
            }
        case "x", "X":
            let text = try hexadecimal(
                value, refusal("only integers, byte buffers, and strings can be formatted as hex"))
            return clause == "X" ? text.uppercased() : text
        default: throw RuleError("unrecognized formatting clause \"\(Character(clause))\"")
        }
    }

    private static func number(_ value: RuleValue, _ refusal: RuleError) throws(RuleError) -> Double {
        switch value {
        case .plain(.double(let number)): return number
        case .plain(.int(let number)): return Double(number)
        case .uint(let number): return Double(number)
        default: throw refusal
        }
    }

    private static func hexadecimal(_ value: RuleValue, _ refusal: RuleError) throws(RuleError) -> String {
        func digits(_ bytes: some Sequence<UInt8>) -> String {
            bytes.map { ($0 < 16 ? "0" : "") + String($0, radix: 16) }.joined()
        }
        switch value {
        case .plain(.int(let number)): return String(number, radix: 16)
        case .uint(let number): return String(number, radix: 16)
        case .plain(.string(let text)): return digits(text.utf8)
        case .bytes(let bytes): return digits(bytes)
        default: throw refusal
        }
    }

    /// Any value as a text: lists in brackets, maps in braces in the order of their keys.
    private static func text(of value: RuleValue, _ cost: inout RuleCost) throws(RuleError) -> String {
        try cost.work(1)
        switch value {
        case .plain(.null): return "null"
        case .plain(.array), .list:
            var parts: [String] = []
            for element in value.elements ?? [] { parts.append(try text(of: element, &cost)) }
            return "[" + parts.joined(separator: ", ") + "]"
        case .plain(.object(let object)):
            var parts: [String] = []
            for member in object.members { parts.append("\(member.key): \(try text(of: .plain(member.value), &cost))") }
            return "{" + parts.joined(separator: ", ") + "}"
        case .map(let pairs):
            var parts: [String] = []
            for pair in pairs { parts.append("\(try text(of: pair.key, &cost)): \(try text(of: pair.value, &cost))") }
            return "{" + parts.sorted().joined(separator: ", ") + "}"
        case .type(let name): return name
        default: return try RuleFunctions.text(of: value)
        }
    }

    // MARK: Doubles

    /// The digits of a number rounded to so many decimals, by exact decimal arithmetic.
    private static func decimals(_ number: Double, _ precision: Int) -> (whole: [UInt8], fraction: [UInt8]) {
        var digits = exactDigits(number.magnitude)
        let wanted = digits.point + precision
        if wanted < digits.all.count {
            let kept = max(0, wanted)
            let next = wanted < 0 ? 0 : digits.all[kept]
            let isTie = next == 5 && digits.all[(kept + 1)...].allSatisfy { $0 == 0 }
            let isUp = next > 5 || next == 5 && (!isTie || kept > 0 && digits.all[kept - 1] % 2 == 1)
            digits.all = Array(digits.all.prefix(kept))
            if isUp {
                var place = kept - 1
                while place >= 0, digits.all[place] == 9 {
                    digits.all[place] = 0
                    place -= 1
                }
                if place >= 0 {
                    digits.all[place] += 1
                } else {
                    digits.all.insert(1, at: 0)
                    digits.point += 1
                }
            }
        }
        var whole = Array(digits.all.prefix(max(0, digits.point)))
        var fraction = Array(digits.all.dropFirst(max(0, digits.point)))
        if whole.isEmpty { whole = [0] }
        while fraction.count < precision { fraction.append(0) }
        return (whole, Array(fraction.prefix(precision)))
    }

    /// All digits of a double, and how many of them stand before the point.
    private static func exactDigits(_ number: Double) -> (all: [UInt8], point: Int) {
        if number == 0 { return ([0], 1) }
        // The significand times a power of two, in decimal: multiply or halve digit by digit.
        var digits = String(number.significandBitPattern | (number.isNormal ? 1 << 52 : 0)).utf8.map { $0 - 0x30 }
        var point = digits.count
        let exponent = (number.isNormal ? Int(number.exponentBitPattern) : 1) - 1075
        if exponent > 0 {
            for _ in 0..<exponent {
                var carry: UInt8 = 0
                for index in digits.indices.reversed() {
                    let doubled = digits[index] * 2 + carry
                    digits[index] = doubled % 10
                    carry = doubled / 10
                }
                if carry > 0 {
                    digits.insert(carry, at: 0)
                    point += 1
                }
            }
        } else {
            for _ in 0..<(-exponent) {
                var rest: UInt8 = 0
                for index in digits.indices {
                    let value = rest * 10 + digits[index]
                    digits[index] = value / 2
                    rest = value % 2
                }
                if rest > 0 { digits.append(5) }
                if digits[0] == 0, digits.count > 1 {
                    digits.removeFirst()
                    point -= 1
                }
            }
        }
        // Leading zeros were dropped: those behind the point are put back.
        if point < 0 {
            digits.insert(contentsOf: Array(repeating: 0, count: -point), at: 0)
            point = 0
        }
        return (digits, point)
    }

    private static func special(_ number: Double) -> String? {
        if number.isNaN { return "NaN" }
        return number.isFinite ? nil : number < 0 ? "-∞" : "∞"
    }

    private static func string(_ digits: [UInt8]) -> String { RuleText.text(digits.map { $0 + 0x30 }) }

    private static func fixed(_ number: Double, _ precision: Int) -> String {
        if let special = special(number) { return special }
        let (whole, fraction) = decimals(number, precision)
        // In groups of three, as English has it.
        var grouped = ""
        for (index, digit) in whole.enumerated() {
            if index > 0, (whole.count - index).isMultiple(of: 3) { grouped += "," }
            grouped += String(digit)
        }
        return (number < 0 ? "-" : "") + grouped + (precision > 0 ? "." + string(fraction) : "")
    }

    private static func scientific(_ number: Double, _ precision: Int) -> String {
        if let special = special(number) { return special }
        var exponent = 0
        let digits = exactDigits(number.magnitude)
        var mantissa: [UInt8] = [0]
        if number != 0 {
            let first = digits.all.firstIndex { $0 != 0 } ?? 0
            exponent = digits.point - first - 1
            mantissa = Array(digits.all[first...])
        }
        var kept = Array(mantissa.prefix(precision + 1))
        while kept.count <= precision { kept.append(0) }
        if mantissa.count > precision + 1 {
            let next = mantissa[precision + 1]
            let isTie = next == 5 && mantissa[(precision + 2)...].allSatisfy { $0 == 0 }
            if next > 5 || next == 5 && (!isTie || kept[precision] % 2 == 1) {
                var place = precision
                while place >= 0, kept[place] == 9 {
                    kept[place] = 0
                    place -= 1
                }
                if place >= 0 {
                    kept[place] += 1
                } else {
                    kept = [1] + kept.dropLast()
                    exponent += 1
                }
            }
        }
        let raised: [Character] = ["⁰", "¹", "²", "³", "⁴", "⁵", "⁶", "⁷", "⁸", "⁹"]
        var power = String(exponent.magnitude)
        if power.count < 2 { power = "0" + power }
        let shown = String(power.compactMap { $0.wholeNumberValue.map { raised[$0] } })
        let body = string([kept[0]]) + (precision > 0 ? "." + string(Array(kept.dropFirst())) : "")
        return (number < 0 ? "-" : "") + body + "×10" + (exponent < 0 ? "⁻" : "") + shown
    }
}
