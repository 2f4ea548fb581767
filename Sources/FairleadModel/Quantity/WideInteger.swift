/// An integer of any size, stored as decimal digits: for quantities that do not fit 128 bits. Every operation takes
/// time linear in the number of digits.
struct WideInteger: Sendable, Hashable {
    private(set) var isNegative: Bool
    /// Least significant digit first, without leading zeros; empty for zero.
    private(set) var digits: [UInt8]

    init(isNegative: Bool = false, digits: [UInt8]) {
        self.digits = digits
        while self.digits.last == 0 { self.digits.removeLast() }
        self.isNegative = isNegative && !self.digits.isEmpty
    }

    var approximate: Double {
        let magnitude = digits.reversed().reduce(0.0) { $0 * 10 + Double($1) }
        return isNegative ? -magnitude : magnitude
    }

    init(_ number: Int128) {
        self.init(
            isNegative: number < 0, digits: String(number.magnitude).utf8.reversed().map { $0 - UInt8(ascii: "0") })
    }

    var isZero: Bool { digits.isEmpty }
    var negated: WideInteger { WideInteger(isNegative: !isNegative, digits: digits) }
    var trailingZeros: Int { digits.prefix { $0 == 0 }.count }

    /// The digits without a sign.
    var text: String { String(decoding: digits.reversed().map { $0 + UInt8(ascii: "0") }, as: UTF8.self) }

    /// The number times 10^power; if digits are lost, it is rounded away from zero.
    func scaled(byPowerOfTen power: Int) -> WideInteger {
        if power >= 0 { return WideInteger(isNegative: isNegative, digits: repeatElement(0, count: power) + digits) }
        let dropped = digits.prefix(power == .min ? digits.count : -power)
        let kept = WideInteger(digits: Array(digits.dropFirst(dropped.count)))
        let rounded = dropped.contains { $0 != 0 } ? kept + WideInteger(1) : kept
        return WideInteger(isNegative: isNegative, digits: rounded.digits)
    }

    /// Multiplies by a small number (below 2^56).
    func multiplied(by factor: UInt64) -> WideInteger {
        var result: [UInt8] = []
        result.reserveCapacity(digits.count + 17)
        var carry: UInt64 = 0
        for digit in digits {
            carry += UInt64(digit) * factor
            result.append(UInt8(carry % 10))
            carry /= 10
        }
        while carry > 0 {
            result.append(UInt8(carry % 10))
            carry /= 10
        }
        return WideInteger(isNegative: isNegative, digits: result)
    }

    static func + (left: WideInteger, right: WideInteger) -> WideInteger {
        if left.isNegative == right.isNegative {
            return WideInteger(isNegative: left.isNegative, digits: sum(left.digits, right.digits))
        }
        return isSmaller(left.digits, right.digits)
            ? WideInteger(isNegative: right.isNegative, digits: difference(right.digits, left.digits))
            : WideInteger(isNegative: left.isNegative, digits: difference(left.digits, right.digits))
    }

    static func < (left: WideInteger, right: WideInteger) -> Bool {
        if left.isNegative != right.isNegative { return left.isNegative }
        return left.isNegative ? isSmaller(right.digits, left.digits) : isSmaller(left.digits, right.digits)
    }

    private static func isSmaller(_ left: [UInt8], _ right: [UInt8]) -> Bool {
        if left.count != right.count { return left.count < right.count }
        return left.reversed().lexicographicallyPrecedes(right.reversed())
    }

    private static func sum(_ left: [UInt8], _ right: [UInt8]) -> [UInt8] {
        var result = left.count < right.count ? right : left
        var carry: UInt8 = 0
        for (index, digit) in (left.count < right.count ? left : right).enumerated() {
            let total = result[index] + digit + carry
            result[index] = total % 10
            carry = total / 10
        }
        var index = min(left.count, right.count)
        while carry > 0, index < result.count {
            carry = result[index] == 9 ? 1 : 0
            result[index] = carry == 1 ? 0 : result[index] + 1
            index += 1
        }
        if carry > 0 { result.append(1) }
        return result
    }

    /// `left` must not be smaller than `right`.
    private static func difference(_ left: [UInt8], _ right: [UInt8]) -> [UInt8] {
        var result = left
        var borrowed: UInt8 = 0
        for index in result.indices {
            let taken = (index < right.count ? right[index] : 0) + borrowed
            if taken == 0, index >= right.count { break }
            borrowed = result[index] < taken ? 1 : 0
            result[index] = result[index] + borrowed * 10 - taken
        }
        return result
    }
}

extension Int128 {
    /// nil if the number does not fit.
    init?(_ wide: WideInteger) {
        guard wide.digits.count <= 39, let magnitude = UInt128(wide.isZero ? "0" : wide.text) else { return nil }
        let limit = UInt128(Int128.max)
        if magnitude <= limit {
            self = wide.isNegative ? -Int128(magnitude) : Int128(magnitude)
        } else if wide.isNegative, magnitude == limit + 1 {
            self = .min
        } else {
            return nil
        }
    }
}
