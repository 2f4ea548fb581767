/// Why a text is not a quantity, with Kubernetes' messages.
package enum QuantityError: String, Error {
    case format =
        "quantities must match the regular expression '^([+-]?[0-9.]+)([eEinumkKMGTP]*[-+]?[0-9]*)$'"
    case suffix = "unable to parse quantity's suffix"
}

/// The parts of a quantity's text, split as in Kubernetes: `.`, `+` and a suffix alone count as zero.
struct QuantityScanner {
    private(set) var isNegative = false
    /// Without leading zeros, except for a single zero.
    private(set) var whole: ArraySlice<UInt8> = [UInt8(ascii: "0")]
    private(set) var decimals: ArraySlice<UInt8> = []
    /// The power of ten.
    private(set) var exponent = 0
    /// The power of two.
    private(set) var shift = 0
    private(set) var format = Quantity.Format.decimal

    init(_ text: String) throws(QuantityError) {
        var rest = Array(text.utf8)[...]
        if rest.isEmpty { throw .format }
        isNegative = rest.first == UInt8(ascii: "-")
        if isNegative || rest.first == UInt8(ascii: "+") { rest.removeFirst() }
        rest = rest.drop { $0 == UInt8(ascii: "0") }
        let digits = Self.takeDigits(&rest)
        if !digits.isEmpty { whole = digits }
        if rest.first == UInt8(ascii: ".") {
            rest.removeFirst()
            decimals = Self.takeDigits(&rest)
        }
        try interpret(suffix: rest)
    }

    private static func takeDigits(_ rest: inout ArraySlice<UInt8>) -> ArraySlice<UInt8> {
        let digits = rest.prefix { isDigit($0) }
        rest = rest.dropFirst(digits.count)
        return digits
    }

    private static func isDigit(_ byte: UInt8) -> Bool { byte &- UInt8(ascii: "0") < 10 }

    private mutating func interpret(suffix: ArraySlice<UInt8>) throws(QuantityError) {
        if suffix.isEmpty { return }
        let text = String(decoding: suffix, as: UTF8.self)
        if let decimal = Quantity.decimalSuffixes.first(where: { $0.text == text }) {
            exponent = decimal.exponent
        } else if let binary = Quantity.binarySuffixes.first(where: { $0.text == text }) {
            shift = binary.shift
            format = .binary
        } else {
            let letters = suffix.prefix { Self.letters.contains($0) }
            var rest = suffix.dropFirst(letters.count)
            if rest.first == UInt8(ascii: "-") || rest.first == UInt8(ascii: "+") { rest.removeFirst() }
            guard rest.allSatisfy(Self.isDigit) else { throw .format }
            guard let first = letters.first, first == UInt8(ascii: "e") || first == UInt8(ascii: "E"),
                let power = Int(text.dropFirst())
            else { throw .suffix }
            exponent = power
            format = .exponent
        }
    }

    private static let letters = Set("eEinumkKMGTP".utf8)

    /// Whether Kubernetes keeps the original spelling: it does if its fast path can parse the text and finds it tidy.
    var isKept: Bool {
        let digits = whole.count + decimals.count
        if format == .binary {
            guard decimals.isEmpty, 14 - whole.count - shift * 3 / 10 >= 0, let last = number else { return false }
            return last & 7 != 0
        }
        let scale = exponent.subtractingReportingOverflow(decimals.count).partialValue
        guard digits <= 18, scale >= -9, scale % 3 == 0 else { return false }
        let all = whole + decimals
        return whole.first != UInt8(ascii: "0") && !all.suffix(3).elementsEqual("000".utf8)
    }

    /// All digits as one number, if they fit.
    var number: Int128? {
        guard whole.count + decimals.count <= 38 else { return nil }
        return (whole + decimals).reduce(0) { $0 * 10 + Int128($1 - UInt8(ascii: "0")) }
    }

    /// All digits as one number.
    var wideNumber: WideInteger {
        WideInteger(digits: (whole + decimals).reversed().map { $0 - UInt8(ascii: "0") })
    }
}
