import FairleadModel

/// Times and durations of expressions.
package enum RuleTime {
    /// As Go's `time.ParseDuration` reads it.
    static func duration(_ text: String) -> Int64? {
        guard let duration = try? GoDuration.parse(text) else { return nil }
        return nanoseconds(duration)
    }

    private static func nanoseconds(_ duration: Duration) -> Int64? {
        let (seconds, attoseconds) = duration.components
        let (whole, overflows) = seconds.multipliedReportingOverflow(by: 1_000_000_000)
        let (sum, overflowsNow) = whole.addingReportingOverflow(attoseconds / 1_000_000_000)
        return overflows || overflowsNow ? nil : sum
    }

    private static let units: [(names: [String], nanoseconds: Int64)] = [
        (["ns", "nano"], 1), (["us", "µs", "micro"], 1000), (["ms", "milli"], 1_000_000),
        (["s", "sec"], 1_000_000_000),
        (["m", "min"], 60_000_000_000), (["h", "hr", "hour"], 3_600_000_000_000), (["d", "day"], 86_400_000_000_000),
        (["w", "wk", "week"], 604_800_000_000_000),
    ]

    /// As the format `duration` of schemas has it: Go's durations, or any text in which numbers are followed by units, up to
    /// weeks.
    ///
    /// Reference: k8s.io/kube-openapi `pkg/validation/strfmt` (ParseDuration).
    package static func duration(ofData text: String) -> Int64? {
        if let duration = duration(text) { return duration }
        var total: Int64 = 0
        var isFound = false
        var rest = text.unicodeScalars[...]
        while let start = rest.firstIndex(where: { ("0"..."9").contains($0) }) {
            rest = rest[start...]
            let digits = rest.prefix { ("0"..."9").contains($0) }
            rest = rest[digits.endIndex...]
            let unit = rest.drop { $0.properties.isWhitespace }
                .prefix { ("a"..."z").contains($0) || ("A"..."Z").contains($0) || $0 == "µ" }
            if unit.isEmpty { continue }
            rest = rest[unit.endIndex...]
            guard let number = Int64(String(digits)) else { return nil }
            let name = String(unit).lowercased()
            guard
                let known = units.first(where: { names, _ in
                    names.contains(name) || name.hasPrefix(names[names.count - 1])
                })
            else { continue }
            isFound = true
            total = total &+ number &* known.nanoseconds
        }
        return isFound ? total : nil
    }

    /// A time, or a day.
    static func timestamp(ofData text: String) -> Timestamp? {
        Timestamp(rfc3339: text) ?? (text.utf8.count == 10 ? Timestamp(rfc3339: text + "T00:00:00Z") : nil)
    }

    static let years: ClosedRange<Int64> = -62_135_596_800...253_402_300_799

    static func adding(_ nanoseconds: Int64, to time: Timestamp) throws(RuleError) -> Timestamp {
        let (seconds, rest) = nanoseconds.quotientAndRemainder(dividingBy: 1_000_000_000)
        var whole = time.seconds +| seconds
        var fraction = Int64(time.nanoseconds) + rest
        if fraction < 0 {
            fraction += 1_000_000_000
            whole = whole -| 1
        } else if fraction >= 1_000_000_000 {
            fraction -= 1_000_000_000
            whole = whole +| 1
        }
        guard years.contains(whole) else { throw RuleError("timestamp overflow") }
        return Timestamp(seconds: whole, nanoseconds: Int32(fraction))
    }

    static func difference(_ left: Timestamp, _ right: Timestamp) throws(RuleError) -> Int64 {
        let (whole, overflows) = (left.seconds -| right.seconds).multipliedReportingOverflow(by: 1_000_000_000)
        let (sum, overflowsNow) = whole.addingReportingOverflow(Int64(left.nanoseconds) - Int64(right.nanoseconds))
        if overflows || overflowsNow { throw RuleError("duration overflow") }
        return sum
    }

    /// `90s`, `0.5s`.
    static func text(of nanoseconds: Int64) -> String {
        let magnitude = nanoseconds.magnitude
        let fraction = magnitude % 1_000_000_000
        var text = (nanoseconds < 0 ? "-" : "") + String(magnitude / 1_000_000_000)
        if fraction > 0 {
            let digits = String(fraction)
            var decimals = String(repeating: "0", count: 9 - digits.count) + digits
            while decimals.last == "0" { decimals.removeLast() }
            text += "." + decimals
        }
        return text + "s"
    }

    // MARK: Parts

    /// `getHours` and the like; nil for a function that is none of them.
    static func part(_ name: String, of nanoseconds: Int64) -> Int64? {
        switch name {
        case "getHours": nanoseconds / 3_600_000_000_000
        case "getMinutes": nanoseconds / 60_000_000_000
        case "getSeconds": nanoseconds / 1_000_000_000
        case "getMilliseconds": nanoseconds / 1_000_000 % 1000
        default: nil
        }
    }

    /// - Parameter offset: of the time zone, in seconds.
    static func part(_ name: String, of time: Timestamp, offset: Int64) -> Int64? {
        let moment = time.seconds +| offset
        let days = Int64(floorDividing: moment, by: 86_400)
        let ofDay = (moment % 86_400 + 86_400) % 86_400
        switch name {
        case "getHours": return ofDay / 3600
        case "getMinutes": return ofDay % 3600 / 60
        case "getSeconds": return ofDay % 60
        case "getMilliseconds": return Int64(time.nanoseconds) / 1_000_000
        case "getDayOfWeek": return ((days + 4) % 7 + 7) % 7
        default: break
        }
        let date = RuleDate(days: days)
        switch name {
        case "getFullYear": return date.year
        case "getMonth": return date.month - 1
        case "getDayOfMonth": return date.day - 1
        case "getDate": return date.day
        case "getDayOfYear": return days - RuleDate.days(toYear: date.year)
        default: return nil
        }
    }

    /// The offset of `+01:00`, `-5:30`, `UTC` or `Europe/Berlin` at a time; nil for what is no time zone.
    static func offset(of zone: String, at time: Timestamp) -> Int64? {
        if zone.isEmpty { return 0 }
        guard zone.contains(":") else { return TimeZoneRules(named: zone)?.offset(at: time.seconds) }
        let isNegative = zone.hasPrefix("-")
        let parts = zone.drop { $0 == "-" || $0 == "+" }.split(separator: ":", omittingEmptySubsequences: false)
        guard parts.count == 2, parts.allSatisfy({ (1...2).contains($0.count) }), let hours = Int64(parts[0]),
            let minutes = Int64(parts[1]), (0...23).contains(hours), (0...59).contains(minutes)
        else { return nil }
        return (isNegative ? -1 : 1) * (hours * 3600 + minutes * 60)
    }
}

/// A day of the Gregorian calendar, counted from 1970.
private struct RuleDate {
    let year: Int64
    let month: Int64
    let day: Int64

    /// By eras of 400 years that begin in March.
    init(days: Int64) {
        let shifted = days + 719_468
        let era = Int64(floorDividing: shifted, by: 146_097)
        let ofEra = shifted - era * 146_097
        let yearOfEra = (ofEra - ofEra / 1460 + ofEra / 36_524 - ofEra / 146_096) / 365
        let ofYear = ofEra - (365 * yearOfEra + yearOfEra / 4 - yearOfEra / 100)
        let shiftedMonth = (5 * ofYear + 2) / 153
        day = ofYear - (153 * shiftedMonth + 2) / 5 + 1
        month = shiftedMonth < 10 ? shiftedMonth + 3 : shiftedMonth - 9
        year = yearOfEra + era * 400 + (month <= 2 ? 1 : 0)
    }

    /// From 1970 to the first of January of a year.
    static func days(toYear year: Int64) -> Int64 {
        let before = year - 1
        return 365 * year + Int64(floorDividing: before, by: 4) - Int64(floorDividing: before, by: 100)
            + Int64(floorDividing: before, by: 400) - 719_528 + 1
    }
}

extension Int64 {
    fileprivate init(floorDividing value: Int64, by divisor: Int64) {
        let (quotient, rest) = value.quotientAndRemainder(dividingBy: divisor)
        self = rest < 0 ? quotient - 1 : quotient
    }
}
