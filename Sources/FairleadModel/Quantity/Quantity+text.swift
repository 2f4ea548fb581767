extension Quantity {
    private static let decimalSuffixes: [(text: String, exponent: Int)] = [
        ("E", 18), ("P", 15), ("T", 12), ("G", 9), ("M", 6), ("k", 3), ("", 0), ("m", -3), ("u", -6), ("n", -9),
    ]
    private static let binarySuffixes: [(text: String, shift: Int)] = [
        ("Ei", 60), ("Pi", 50), ("Ti", 40), ("Gi", 30), ("Mi", 20), ("Ki", 10),
    ]

    /// Reads a quantity; nil where the text is none.
    package init?(_ text: String) {
        var rest = text.utf8[...]
        let isNegative = rest.first == UInt8(ascii: "-")
        if isNegative || rest.first == UInt8(ascii: "+") { rest.removeFirst() }
        guard let number = Self.takeNumber(&rest), let suffix = String(rest) else { return nil }
        var digits = number.digits
        var exponent = -number.decimals
        let format: Format
        var shift = 0
        if let decimal = Self.decimalSuffixes.first(where: { $0.text == suffix }) {
            exponent += decimal.exponent
            format = .decimal
        } else if let binary = Self.binarySuffixes.first(where: { $0.text == suffix }) {
            shift = binary.shift
            format = .binary
        } else if suffix.first == "e" || suffix.first == "E", let power = Int(suffix.dropFirst()), abs(power) < 1000 {
            exponent += power
            format = .exponent
        } else {
            return nil
        }
        // Leading zeros say nothing, and digits far beyond the largest quantity only overflow.
        digits = Array(digits.drop { $0 == 0 })
        var nanos = digits.isEmpty ? 0 : Self.scaled(digits, exponent: exponent + 9, shift: shift)
        if isNegative { nanos = -nanos }
        self.init(nanos: nanos, format: format)
    }

    /// digits × 10^exponent × 2^shift, rounded up; too large ones give the largest that still fits.
    private static func scaled(_ digits: [Int128], exponent: Int, shift: Int) -> Int128 {
        let limit = Int128.max >> 1
        var numerator: Int128 = 0
        var dropped = false
        var used = 0
        let kept = digits.count + min(exponent, 0)  // digits before the (shifted) point
        if shift == 0 {
            for digit in digits.prefix(max(kept, 0)) {
                if numerator > limit / 10 - 10 { return limit }
                numerator = numerator * 10 + digit
                used += 1
            }
            dropped = digits.dropFirst(used).contains { $0 != 0 }
            for _ in 0..<max(exponent, 0) {
                if numerator > limit / 10 { return limit }
                numerator *= 10
            }
            return dropped ? numerator + 1 : numerator
        }
        // Binary suffixes: take the shift into the digits first, then the decimals away.
        for digit in digits.prefix(20) {
            numerator = numerator * 10 + digit
            used += 1
        }
        var power = exponent + digits.count - used
        for _ in 0..<shift {
            if numerator > limit / 2 { return power > 0 ? limit : numerator }
            numerator *= 2
        }
        while power > 0 {
            if numerator > limit / 10 { return limit }
            numerator *= 10
            power -= 1
        }
        while power < 0, numerator > 0 {
            if numerator % 10 != 0 { dropped = true }
            numerator /= 10
            power += 1
        }
        return dropped ? numerator + 1 : numerator
    }

    private static func takeNumber(_ rest: inout Substring.UTF8View) -> (digits: [Int128], decimals: Int)? {
        var digits: [Int128] = []
        var decimals = 0
        var isAfterPoint = false
        while let byte = rest.first {
            if byte == UInt8(ascii: "."), !isAfterPoint {
                isAfterPoint = true
            } else if (0x30...0x39).contains(byte) {
                digits.append(Int128(byte - 0x30))
                if isAfterPoint { decimals += 1 }
            } else {
                break
            }
            rest.removeFirst()
        }
        return digits.isEmpty ? nil : (digits, decimals)
    }

    /// The canonical form: no fraction, the largest suffix that allows that, in the format that was read.
    package var description: String {
        if nanos == 0 { return "0" }
        var format = format
        if format == .binary, nanos.magnitude < 1024 * UInt128(Self.unit) || nanos % Self.unit != 0 {
            format = .decimal
        }
        if format == .binary {
            let whole = nanos / Self.unit
            for (text, shift) in Self.binarySuffixes where whole % (Int128(1) << Int128(shift)) == 0 {
                return "\(whole >> Int128(shift))\(text)"
            }
            return "\(whole)"
        }
        var unit = Self.unit
        for _ in 0..<18 { unit *= 10 }
        for (text, exponent) in Self.decimalSuffixes {
            if nanos % unit == 0 {
                let number = "\(nanos / unit)"
                if format == .decimal { return number + text }
                return exponent == 0 ? number : "\(number)e\(exponent)"
            }
            unit /= 1000
        }
        return "\(nanos)n"
    }
}
