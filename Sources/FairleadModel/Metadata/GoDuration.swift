/// Durations in Go's notation: `60s`, `1h30m`, `1.5h`, `300ms`.
///
/// Reference: Go's `time.ParseDuration`, which the messages come from.
package enum GoDuration {
    package struct ParseError: Error, Equatable {
        package var message: String

        package init(message: String) { self.message = message }
    }

    private static let units: [String: Int64] = [
        "ns": 1, "us": 1000, "µs": 1000, "μs": 1000, "ms": 1_000_000, "s": 1_000_000_000, "m": 60_000_000_000,
        "h": 3_600_000_000_000,
    ]

    /// - Throws: also if the duration does not fit an `Int64` of nanoseconds (292 years).
    package static func parse(_ text: String) throws(ParseError) -> Duration {
        let invalid = ParseError(message: "time: invalid duration \(text.goQuoted)")
        var rest = Array(text.utf8)[...]
        let isNegative = rest.first == UInt8(ascii: "-")
        if isNegative || rest.first == UInt8(ascii: "+") { rest.removeFirst() }
        if rest.elementsEqual([UInt8(ascii: "0")]) { return .zero }
        if rest.isEmpty { throw invalid }
        var total: Int64 = 0
        while !rest.isEmpty {
            let whole = rest.prefix(while: isDigit)
            rest = rest[whole.endIndex...]
            var fraction: ArraySlice<UInt8> = []
            if rest.first == UInt8(ascii: ".") {
                fraction = rest.dropFirst().prefix(while: isDigit)
                rest = rest[max(fraction.endIndex, rest.startIndex + 1)...]
            }
            if whole.isEmpty, fraction.isEmpty { throw invalid }
            let unit = rest.prefix { !isDigit($0) && $0 != UInt8(ascii: ".") }
            rest = rest[unit.endIndex...]
            let name = String(decoding: unit, as: UTF8.self)
            if unit.isEmpty { throw ParseError(message: "time: missing unit in duration \(text.goQuoted)") }
            guard let nanoseconds = units[name] else {
                throw ParseError(message: "time: unknown unit \(name.goQuoted) in duration \(text.goQuoted)")
            }
            guard let part = amount(whole, fraction, unit: nanoseconds) else { throw invalid }
            let (sum, overflows) = total.addingReportingOverflow(part)
            if overflows { throw invalid }
            total = sum
        }
        return .nanoseconds(isNegative ? -total : total)
    }

    private static func isDigit(_ byte: UInt8) -> Bool { (UInt8(ascii: "0")...UInt8(ascii: "9")).contains(byte) }

    private static func amount(_ whole: ArraySlice<UInt8>, _ fraction: ArraySlice<UInt8>, unit: Int64) -> Int64? {
        guard let number = Int64(whole.isEmpty ? "0" : String(decoding: whole, as: UTF8.self)) else { return nil }
        let (scaled, overflows) = number.multipliedReportingOverflow(by: unit)
        // Digits beyond the ninth are less than a nanosecond.
        let digits = String(decoding: fraction.prefix(15), as: UTF8.self)
        let part = fraction.isEmpty ? 0 : (Double("0." + digits) ?? 0) * Double(unit)
        let (sum, exceeds) = scaled.addingReportingOverflow(Int64(part))
        return overflows || exceeds ? nil : sum
    }
}
