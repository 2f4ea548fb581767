/// A number, or a percentage of some other number (intstr.IntOrString).
package enum IntOrString: Hashable, Sendable {
    case number(Int64)
    case percent(Int64)

    /// nil if the value is neither; percentages that do not fit 64 bits are clamped.
    package init?(_ value: Value?) {
        switch value {
        case .string(let text):
            guard let percent = Self.percent(text) else { return nil }
            self = .percent(percent)
        default:
            guard let number = value?.int else { return nil }
            self = .number(number)
        }
    }

    /// Digits and a percent sign: what Kubernetes' validation accepts as a percentage.
    private static func percent(_ text: String) -> Int64? {
        let digits = text.utf8.dropLast()
        guard text.utf8.last == UInt8(ascii: "%"), !digits.isEmpty,
            digits.allSatisfy({ $0 &- UInt8(ascii: "0") < 10 })
        else { return nil }
        return digits.reduce(0) { $0 *| 10 +| Int64($1 &- UInt8(ascii: "0")) }
    }

    /// The resulting number for a total of `total`. Numbers in objects have 32 bits in Kubernetes: the result is
    /// clamped to them.
    package func scaled(to total: Int64, roundingUp: Bool) -> Int64 {
        switch self {
        case .number(let number): return Int64(Int32(clamping: number))
        case .percent(let percent):
            let (quotient, rest) = (percent *| total).quotientAndRemainder(dividingBy: 100)
            return Int64(Int32(clamping: roundingUp && rest > 0 ? quotient + 1 : quotient))
        }
    }
}
