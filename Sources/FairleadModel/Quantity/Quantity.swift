/// An amount with a suffix: `100m`, `1.5Gi`, `2e3` (resource.Quantity).
///
/// Kept exactly, in billionths; finer digits round away from zero and amounts beyond 2^63-1 are cut to it, as in
/// Kubernetes. Equal amounts are equal however they were written.
package struct Quantity: Sendable, Comparable, CustomStringConvertible {
    package enum Format: Sendable, Hashable { case decimal, binary, exponent }

    /// The amount in billionths.
    package private(set) var nanos: Int128
    package private(set) var format: Format

    static let unit: Int128 = 1_000_000_000
    private static let maximum = Int128(Int64.max) * unit

    init(nanos: Int128, format: Format) {
        self.nanos = min(max(nanos, -Self.maximum), Self.maximum)
        self.format = format
    }

    package init(_ whole: Int64, format: Format = .decimal) {
        self.init(nanos: Int128(whole) * Self.unit, format: format)
    }
    package init(milli: Int64) { self.init(nanos: Int128(milli) * 1_000_000, format: .decimal) }

    /// The amount, rounded up.
    package var value: Int64 { rounded(to: Self.unit) }
    /// The amount in thousandths, rounded up.
    package var milliValue: Int64 { rounded(to: Self.unit / 1000) }

    package var isZero: Bool { nanos == 0 }

    private func rounded(to unit: Int128) -> Int64 {
        let (quotient, remainder) = nanos.quotientAndRemainder(dividingBy: unit)
        return Int64(clamping: remainder > 0 ? quotient + 1 : quotient)
    }

    package static func == (left: Quantity, right: Quantity) -> Bool { left.nanos == right.nanos }
    package static func < (left: Quantity, right: Quantity) -> Bool { left.nanos < right.nanos }

    /// Keeps the format of the left side, unless that is zero.
    package static func + (left: Quantity, right: Quantity) -> Quantity {
        Quantity(nanos: left.nanos + right.nanos, format: left.isZero ? right.format : left.format)
    }
    package static func - (left: Quantity, right: Quantity) -> Quantity {
        Quantity(nanos: left.nanos - right.nanos, format: left.isZero ? right.format : left.format)
    }
}

extension Quantity: Hashable {
    package func hash(into hasher: inout Hasher) { hasher.combine(nanos) }
}
