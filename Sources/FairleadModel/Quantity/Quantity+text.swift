extension Quantity {
    static let decimalSuffixes: [(text: String, exponent: Int)] = [
        ("", 0), ("m", -3), ("k", 3), ("M", 6), ("G", 9), ("T", 12), ("P", 15), ("E", 18), ("u", -6), ("n", -9),
    ]
    static let binarySuffixes: [(text: String, shift: Int)] = [
        ("Ei", 60), ("Pi", 50), ("Ti", 40), ("Gi", 30), ("Mi", 20), ("Ki", 10),
    ]
    /// Larger powers of ten are refused, because sums write out all digits.
    private static let largestExponent = 999
    /// Amounts with a binary suffix are clamped to 2^63-1, as in Kubernetes.
    private static let binaryLimit = WideInteger(Int128(Int64.max) * unit)

    /// Parses a quantity; nil if the text is not one.
    package init?(_ text: String) {
        do { try self.init(parsing: text) } catch { return nil }
    }

    /// Parses a quantity.
    package init(parsing text: String) throws(QuantityError) {
        let scanner = try QuantityScanner(text)
        let kept = scanner.isKept ? text : nil
        if let nanos = Self.nanos(scanner) {
            self.init(.nanos(scanner.isNegative ? -nanos : nanos), format: scanner.format, text: kept)
            return
        }
        var number = scanner.wideNumber
        if number.isZero {
            self.init(.nanos(0), format: scanner.format)
            return
        }
        guard scanner.exponent <= Self.largestExponent else { throw .suffix }
        for _ in 0..<scanner.shift / 10 { number = number.multiplied(by: 1024) }
        // How far below a billionth the number is makes no difference.
        let exponent = max(scanner.exponent, -Self.largestExponent - number.digits.count)
        number = number.scaled(byPowerOfTen: exponent + 9 - scanner.decimals.count)
        if scanner.format == .binary, Self.binaryLimit < number { number = Self.binaryLimit }
        self.init(
            Amount(scanner.isNegative ? number.negated : number),
            format: scanner.format == .binary && number < WideInteger(Self.unit) ? .decimal : scanner.format,
            text: kept)
    }

    /// The amount without its sign, if all intermediate results fit 128 bits and nothing is rounded or clamped.
    private static func nanos(_ scanner: QuantityScanner) -> Int128? {
        guard let number = scanner.number, (-9...18).contains(scanner.exponent) else { return nil }
        let power = scanner.exponent + 9 - scanner.decimals.count
        guard power >= 0 else { return nil }
        var result = number
        for _ in 0..<power {
            let (product, overflow) = result.multipliedReportingOverflow(by: 10)
            if overflow { return nil }
            result = product
        }
        guard scanner.format == .binary else { return result }
        let (product, overflow) = result.multipliedReportingOverflow(by: Int128(1) << Int128(scanner.shift))
        if overflow || product > Int128(Int64.max) * unit || product < unit { return nil }
        return product
    }

    /// The original spelling where Kubernetes keeps it; otherwise the canonical form: no fraction, and the largest
    /// suffix that allows this, in the format that was parsed.
    package var description: String { text ?? canonical }

    private var canonical: String {
        if isZero { return "0" }
        if format == .binary, case .nanos(let nanos) = amount, nanos % Self.unit == 0,
            nanos.magnitude >= 1024 * UInt128(Self.unit)
        {
            let whole = nanos / Self.unit
            for (text, shift) in Self.binarySuffixes where whole % (Int128(1) << Int128(shift)) == 0 {
                return "\(whole >> Int128(shift))\(text)"
            }
            return "\(whole)"
        }
        return decimalText
    }

    private var decimalText: String {
        let digits: String
        switch amount {
        case .nanos(let nanos): digits = UInt64(exactly: nanos.magnitude).map { String($0) } ?? String(nanos.magnitude)
        case .wide(let wide): digits = wide.text
        }
        let zeros = digits.utf8.reversed().prefix { $0 == UInt8(ascii: "0") }.count
        // The exponent must be a multiple of three, counted in billionths; the remaining zeros stay.
        let taken = zeros / 3 * 3
        let exponent = taken - 9
        let number = (isNegative ? "-" : "") + digits.dropLast(taken)
        if exponent == 0 { return number }
        if format != .exponent, let suffix = Self.decimalSuffixes.first(where: { $0.exponent == exponent }) {
            return number + suffix.text
        }
        return "\(number)e\(exponent)"
    }
}
