import FairleadModel

/// The functions of awk that need nothing but their arguments.
enum AwkNumbers {
    static func power(_ base: Double, _ exponent: Double) -> Double {
        guard let whole = Int(exactly: exponent) else { return exponential(exponent * logarithm(base)) }
        var (result, square, rest) = (1.0, base, whole.magnitude)
        while rest > 0 {
            if rest & 1 == 1 { result *= square }
            square *= square
            rest >>= 1
        }
        return whole < 0 ? 1 / result : result
    }

    /// e to a power, by halving until the series is short.
    static func exponential(_ value: Double) -> Double {
        guard value.isFinite, abs(value) < 720 else { return value < 0 ? 0 : value.isNaN ? .nan : .infinity }
        var (reduced, halvings) = (value, 0)
        while abs(reduced) > 0.5 {
            reduced /= 2
            halvings += 1
        }
        var (term, sum) = (1.0, 1.0)
        for index in 1...20 {
            term *= reduced / Double(index)
            sum += term
        }
        for _ in 0..<halvings { sum *= sum }
        return sum
    }

    /// The natural logarithm.
    static func logarithm(_ value: Double) -> Double {
        guard value > 0 else { return value == 0 ? -.infinity : .nan }
        guard value.isFinite else { return value }
        let (significand, exponent) = (value.significand, Double(value.exponent))
        let ratio = (significand - 1) / (significand + 1)
        var (term, sum) = (ratio, 0.0)
        for index in 0..<40 {
            sum += term / Double(2 * index + 1)
            term *= ratio * ratio
        }
        return 2 * sum + exponent * 0.693_147_180_559_945_3
    }

    static func call(_ name: String, _ values: [AwkValue], now: Int64) throws(AwkMachine.Flow) -> AwkValue {
        let first = values.first ?? .nothing
        switch name {
        case "substr":
            let scalars = Array(first.text.unicodeScalars)
            guard values.count > 1 else { throw .failure("substr: bad arguments") }
            let start = values[1].number.rounded()
            let end = values.count > 2 ? start + values[2].number.rounded() : .infinity
            let (low, high) = (max(1, Int(saturating: start)), min(scalars.count +| 1, Int(saturating: end)))
            return .string(low < high ? String(Array(scalars[(low - 1)..<(high - 1)])) : "")
        case "index":
            guard values.count > 1 else { throw .failure("index: bad arguments") }
            let (text, wanted) = (first.text, values[1].text)
            guard !wanted.isEmpty, let range = text.firstRange(of: wanted) else { return .number(0) }
            return .number(Double(text.unicodeScalars.distance(from: text.startIndex, to: range.lowerBound) + 1))
        case "tolower": return .string(first.text.lowercased())
        case "toupper": return .string(first.text.uppercased())
        case "int": return .number(first.number.rounded(.towardZero))
        case "sqrt": return .number(first.number.squareRoot())
        case "exp": return .number(exponential(first.number))
        case "log": return .number(logarithm(first.number))
        case "rand": return .number(Double.random(in: 0..<1))
        case "srand": return .number(0)
        case "strftime":
            let time = values.count > 1 ? Int64(saturating: values[1].number) : now
            let format = values.isEmpty ? "%a %b %e %H:%M:%S UTC %Y" : first.text
            return .string(CalendarTime(Timestamp(seconds: time)).text(format))
        default: throw .failure("\(name) is not supported")
        }
    }
}

/// `printf` of awk: the format is used once, and numbers may have fractions.
enum AwkFormat {
    static func text(_ format: String, _ arguments: [String]) -> String {
        var result = ""
        var rest = arguments[...]
        var characters = Array(format)[...]
        while let character = characters.popFirst(), result.utf8.count < 1 << 20 {
            guard character == "%" else {
                result.append(character)
                continue
            }
            var directive = "%"
            while let next = characters.popFirst() {
                if next == "*" {
                    directive += String(Int(saturating: AwkValue.leading(rest.popFirst() ?? "")))
                    continue
                }
                directive.append(next)
                if next == "%" || next.isLetter && next != "l" && next != "h" { break }
            }
            guard let kind = directive.last, kind != "%" else {
                result += "%"
                continue
            }
            var value = rest.popFirst() ?? ""
            switch kind {
            case "d", "i", "u", "x", "X", "o": value = String(Int64(saturating: AwkValue.leading(value)))
            case "f", "e", "g", "E", "G", "F": value = "\(AwkValue.leading(value))"
            case "c":
                if let code = UInt32(value), let scalar = Unicode.Scalar(code) { value = String(Character(scalar)) }
            default: break
            }
            // A backslash in the format has been taken out by the lexer: none is left to be read.
            var printer = FormatPrinter(directive.replacing("\\", with: "\\\\"), arguments: [value])
            printer.print()
            result += String(decoding: printer.output, as: UTF8.self)
        }
        return result
    }
}
