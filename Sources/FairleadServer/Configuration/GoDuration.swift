/// A duration as Kubernetes' flags write it: `1h0m0s`, `90m`, `500ms` (Go's time.ParseDuration, whole numbers only).
package struct GoDuration: Sendable, Hashable {
    package var duration: Duration

    /// nil for what is no such text, is negative, or longer than a hundred years.
    package init?(_ text: String) {
        var rest = text[...]
        var milliseconds: Int64 = 0
        if rest.isEmpty { return nil }
        if text == "0" { rest = "" }
        while !rest.isEmpty {
            let digits = rest.prefix { $0.isASCII && $0.isNumber }
            rest = rest.dropFirst(digits.count)
            let unit = rest.prefix { $0.isASCII && $0.isLetter }
            rest = rest.dropFirst(unit.count)
            guard let number = Int64(digits), let size = Self.units[String(unit)] else { return nil }
            let (part, isTooLong) = number.multipliedReportingOverflow(by: size)
            let (sum, isTooLongTogether) = milliseconds.addingReportingOverflow(part)
            guard !isTooLong, !isTooLongTogether, sum <= Self.longest else { return nil }
            milliseconds = sum
        }
        duration = .milliseconds(milliseconds)
    }

    private static let units: [String: Int64] = ["h": 3_600_000, "m": 60_000, "s": 1000, "ms": 1]
    private static let longest: Int64 = 100 * 366 * 86_400_000
}
