extension Quantity {
    /// The fields of Go's type: a number and a power of ten where both fit, else a big number of billionths. `s` is the
    /// text that Go keeps of some quantities.
    ///
    /// - Parameter remembersText: whether the quantity has been encoded before, after which each has its text.
    static func goText(of text: String, remembersText: Bool) -> String {
        // What is no quantity was refused when it was written.
        guard text != "0", let scanner = try? QuantityScanner(text) else {
            return goText(small: 0, exponent: 0, kept: "0", format: .decimal)
        }
        if let number = scanner.goNumber {
            return goText(
                small: number, exponent: scanner.exponent - scanner.decimals.count,
                kept: scanner.isKept || remembersText ? text : "", format: scanner.format)
        }
        guard let quantity = Quantity(text) else { return "" }
        let isCut = scanner.format == .binary && quantity.amount == .nanos(Int128(Int64.max) * unit)
        let words = isCut ? [UInt64(Int64.max)] : quantity.words
        let list = words.isEmpty ? "<nil>" : "[" + words.map(String.init).joined(separator: " ") + "]"
        return goText(
            number: 0, exponent: 0,
            big: "{unscaled:(big.Int){neg:(bool)\(quantity.isNegative) abs:(big.nat)\(list)} "
                + "scale:(inf.Scale)\(isCut ? 0 : 9)}",
            kept: remembersText ? text : "", format: quantity.format)
    }

    /// What Go's `MilliValue()` gives: 0 if a number that Go keeps in 64 bits is too large in thousandths, and of a big
    /// number the lowest 64 bits.
    package static func goMilliValue(of text: String) -> Int64 {
        guard let scanner = try? QuantityScanner(text), let quantity = Quantity(text) else { return 0 }
        if scanner.goNumber != nil {
            guard case .nanos(let nanos) = quantity.amount, Int64(exactly: nanos / 1_000_000) != nil else { return 0 }
            return quantity.milliValue
        }
        guard case .nanos(let nanos) = quantity.amount else { return 0 }
        let (milli, rest) = nanos.quotientAndRemainder(dividingBy: 1_000_000)
        return Int64(truncatingIfNeeded: milli &+ (rest > 0 ? 1 : 0))
    }

    private static func goText(small number: Int64, exponent: Int, kept: String, format: Format) -> String {
        goText(number: number, exponent: exponent, big: "<nil>", kept: kept, format: format)
    }

    private static func goText(number: Int64, exponent: Int, big: String, kept: String, format: Format) -> String {
        let name =
            switch format {
            case .decimal: "DecimalSI"
            case .binary: "BinarySI"
            case .exponent: "DecimalExponent"
            }
        return "{i:(resource.int64Amount){value:(int64)\(number) scale:(resource.Scale)\(exponent)} "
            + "d:(resource.infDecAmount){Dec:(*inf.Dec)\(big)} s:(string)\(kept) Format:(resource.Format)\(name)}"
    }

    /// The billionths without their sign, in words of 64 bits, the lowest first. None of an amount so long that writing
    /// it in words would take a while.
    private var words: [UInt64] {
        let digits = amount.wide.digits
        guard digits.count <= 10_000 else { return [] }
        var words: [UInt64] = []
        for digit in digits.reversed() {
            var carry = UInt64(digit)
            for index in words.indices {
                let (high, low) = words[index].multipliedFullWidth(by: 10)
                let (sum, overflow) = low.addingReportingOverflow(carry)
                words[index] = sum
                carry = high + (overflow ? 1 : 0)
            }
            if carry > 0 { words.append(carry) }
        }
        return words
    }
}

extension QuantityScanner {
    /// The number that Go keeps beside the exponent; nil where the amount takes a big number.
    fileprivate var goNumber: Int64? {
        guard var number else { return nil }
        if format == .binary {
            guard decimals.isEmpty, 14 - whole.count - shift * 3 / 10 >= 0 else { return nil }
            number <<= Int128(shift)
        } else {
            let finest = exponent.subtractingReportingOverflow(decimals.count)
            guard whole.count + decimals.count <= 18, !finest.overflow, finest.partialValue >= -9 else { return nil }
        }
        return Int64(exactly: number).map { isNegative ? -$0 : $0 }
    }
}
