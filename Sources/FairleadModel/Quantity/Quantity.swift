/// An amount with a suffix: `100m`, `1.5Gi`, `2e3` (resource.Quantity).
///
/// Stored exactly, however large, in billionths; finer digits are rounded away from zero. Sums and differences never
/// overflow. Equal amounts are equal however they were written.
package struct Quantity: Sendable, CustomStringConvertible {
    package enum Format: Sendable, Hashable { case decimal, binary, exponent }

    /// A whole number of billionths. `wide` only if `nanos` would overflow, so that equal amounts have equal
    /// representations.
    enum Amount: Sendable, Hashable {
        case nanos(Int128)
        case wide(WideInteger)
    }

    let amount: Amount
    package let format: Format
    /// The original spelling if Kubernetes keeps it; nil if it prints the canonical form.
    let text: String?

    static let unit: Int128 = 1_000_000_000

    init(_ amount: Amount, format: Format, text: String? = nil) {
        self.amount = amount
        self.format = format
        self.text = text
    }

    package init(_ whole: Int64, format: Format = .decimal) {
        self.init(.nanos(Int128(whole) * Self.unit), format: format)
    }
    package init(milli: Int64) { self.init(.nanos(Int128(milli) * 1_000_000), format: .decimal) }

    /// The amount, rounded up, clamped to the type.
    package var value: Int64 { rounded(to: Self.unit) }
    /// The amount in thousandths, rounded up, clamped to the type.
    package var milliValue: Int64 { rounded(to: Self.unit / 1000) }

    package var isZero: Bool { amount == .nanos(0) }
    package var isNegative: Bool {
        switch amount {
        case .nanos(let nanos): nanos < 0
        case .wide(let wide): wide.isNegative
        }
    }
    /// The amount as a double, which may not hold all of its digits.
    package var approximate: Double {
        switch amount {
        case .nanos(let nanos): Double(nanos) / Double(Self.unit)
        case .wide(let wide): wide.approximate / Double(Self.unit)
        }
    }
    /// Whether the amount has no fraction.
    package var isWhole: Bool {
        switch amount {
        case .nanos(let nanos): nanos % Self.unit == 0
        case .wide(let wide): wide.trailingZeros >= 9
        }
    }

    /// The amount rounded to thousandths, away from zero: Kubernetes does this to every resource list.
    package var inWholeMilli: Quantity {
        let finest = 6
        switch amount {
        case .nanos(let nanos):
            let (quotient, rest) = nanos.quotientAndRemainder(dividingBy: Self.unit / 1000)
            if rest == 0 { return self }
            // If rounding overflows 128 bits, the digits are rounded as below.
            guard let rounded = (quotient + rest.signum()).timesUnit(Self.unit / 1000) else { break }
            return Quantity(.nanos(rounded), format: format)
        case .wide(let wide): if wide.trailingZeros >= finest { return self }
        }
        let rounded = amount.wide.scaled(byPowerOfTen: -finest).scaled(byPowerOfTen: finest)
        return Quantity(Amount(rounded), format: format)
    }

    private func rounded(to unit: Int128) -> Int64 {
        guard case .nanos(let nanos) = amount else { return isNegative ? .min : .max }
        let (quotient, remainder) = nanos.quotientAndRemainder(dividingBy: unit)
        return Int64(clamping: remainder > 0 ? quotient + 1 : quotient)
    }

    /// Keeps the format of the left operand, unless that is zero.
    package static func + (left: Quantity, right: Quantity) -> Quantity {
        Quantity(left.amount + right.amount, format: left.isZero ? right.format : left.format)
    }
    package static func - (left: Quantity, right: Quantity) -> Quantity {
        Quantity(left.amount + right.amount.negated, format: left.isZero ? right.format : left.format)
    }
}

extension Quantity: Hashable, Comparable {
    package static func == (left: Quantity, right: Quantity) -> Bool { left.amount == right.amount }
    package static func < (left: Quantity, right: Quantity) -> Bool {
        if case .nanos(let one) = left.amount, case .nanos(let other) = right.amount { return one < other }
        return left.amount.wide < right.amount.wide
    }
    package func hash(into hasher: inout Hasher) { hasher.combine(amount) }
}

extension Int128 {
    fileprivate func timesUnit(_ unit: Int128) -> Int128? {
        let (product, overflow) = multipliedReportingOverflow(by: unit)
        return overflow ? nil : product
    }
}

extension Quantity.Amount {
    init(_ wide: WideInteger) { self = Int128(wide).map { .nanos($0) } ?? .wide(wide) }

    var wide: WideInteger {
        switch self {
        case .nanos(let nanos): WideInteger(nanos)
        case .wide(let wide): wide
        }
    }

    var negated: Self {
        // The smallest number is the only one whose negation does not fit.
        if case .nanos(let nanos) = self, nanos != .min { return .nanos(-nanos) }
        return Self(wide.negated)
    }

    static func + (left: Self, right: Self) -> Self {
        if case .nanos(let one) = left, case .nanos(let other) = right {
            let (sum, overflow) = one.addingReportingOverflow(other)
            if !overflow { return .nanos(sum) }
        }
        return Self(left.wide + right.wide)
    }
}
