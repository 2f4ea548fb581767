/// An instant in UTC, as in `metadata.creationTimestamp` (whole seconds) and MicroTime fields (six decimals).
///
/// Limited to the years 0 to 9999, which RFC 3339 can express: other dates are not parsed, and results beyond are
/// clamped.
package struct Timestamp: Sendable, Hashable, Comparable {
    /// Seconds since 1970-01-01T00:00:00Z.
    package var seconds: Int64
    /// 0 to 999,999,999.
    package var nanoseconds: Int32

    package init(seconds: Int64, nanoseconds: Int32 = 0) {
        self.seconds = seconds
        self.nanoseconds = nanoseconds
    }

    package static func < (left: Timestamp, right: Timestamp) -> Bool {
        (left.seconds, left.nanoseconds) < (right.seconds, right.nanoseconds)
    }

    /// The first and the last second that can be written.
    private static let written: ClosedRange<Int64> = -62_167_219_200...253_402_300_799

    /// The instant that many seconds later (or earlier), clamped to the first or last one.
    package func adding(seconds delta: Double) -> Timestamp {
        if delta.isNaN { return self }
        let whole = delta.isFinite ? delta.rounded(.down) : delta
        let fraction = delta.isFinite ? delta - whole : 0
        let nanoseconds = Int64(nanoseconds) + Int64((fraction * 1e9).rounded())
        let carried = nanoseconds / 1_000_000_000
        let sum = seconds +| Int64(saturating: whole) +| carried
        return Timestamp(
            seconds: min(max(sum, Self.written.lowerBound), Self.written.upperBound),
            nanoseconds: Int32(truncatingIfNeeded: nanoseconds - carried * 1_000_000_000))
    }

    /// The seconds from `other` to this instant.
    package func since(_ other: Timestamp) -> Double {
        Double(seconds -| other.seconds) + Double(nanoseconds -| other.nanoseconds) / 1e9
    }

    /// The time from `other` to this instant, at most a thousand years.
    package func duration(since other: Timestamp) -> Duration { .seconds(saturating: since(other)) }

    /// How much remains of a wait that began at a stored instant; zero once it is over.
    ///
    /// An instant that lies well in the future was recorded before the clock was set back. Its real time is then
    /// unknown, and the wait counts as over: the alternative would be to wait until that time comes again, perhaps for
    /// years. Only for waits that may end early; not for deadlines after which something is taken away.
    package func remaining(of wait: Duration, since began: Timestamp) -> Duration {
        let passed = duration(since: began)
        return passed < .zero - Self.correction ? .zero : max(wait - passed, .zero)
    }

    /// Clock corrections up to this size are normal.
    private static let correction = Duration.seconds(60)

    /// `2026-01-02T03:04:05Z`.
    package var rfc3339: String { text(withMicroseconds: false) }

    /// `2026-01-02T03:04:05.000006Z`.
    package var rfc3339Micro: String { text(withMicroseconds: true) }

    /// Written digit by digit into one buffer: every write stamps at least one time.
    private func text(withMicroseconds: Bool) -> String {
        let seconds = min(max(seconds, Self.written.lowerBound), Self.written.upperBound)
        let days = seconds.floorDivided(by: 86_400)
        let second = seconds - days * 86_400
        let (year, month, day) = Self.civil(fromDays: days)
        var bytes: [UInt8] = []
        bytes.reserveCapacity(27)
        func append(_ number: Int64, _ width: Int, before separator: UInt8) {
            var divisor: Int64 = 1
            for _ in 1..<width { divisor *= 10 }
            while divisor > 0 {
                bytes.append(UInt8(ascii: "0") + UInt8(truncatingIfNeeded: number / divisor % 10))
                divisor /= 10
            }
            bytes.append(separator)
        }
        append(year, 4, before: UInt8(ascii: "-"))
        append(month, 2, before: UInt8(ascii: "-"))
        append(day, 2, before: UInt8(ascii: "T"))
        append(second / 3600, 2, before: UInt8(ascii: ":"))
        append(second / 60 % 60, 2, before: UInt8(ascii: ":"))
        append(second % 60, 2, before: withMicroseconds ? UInt8(ascii: ".") : UInt8(ascii: "Z"))
        if withMicroseconds { append(Int64(nanoseconds) / 1000, 6, before: UInt8(ascii: "Z")) }
        return String(decoding: bytes, as: UTF8.self)
    }

    /// The Gregorian date of a day counted from 1970-01-01: years are taken to begin in March, so that the leap day is
    /// the last of its year.
    static func civil(fromDays days: Int64) -> (year: Int64, month: Int64, day: Int64) {
        let shifted = days + 719_468
        let era = shifted.floorDivided(by: 146_097)
        let dayOfEra = shifted - era * 146_097
        let yearOfEra = (dayOfEra - dayOfEra / 1460 + dayOfEra / 36_524 - dayOfEra / 146_096) / 365
        let dayOfYear = dayOfEra - (365 * yearOfEra + yearOfEra / 4 - yearOfEra / 100)
        let marchMonth = (5 * dayOfYear + 2) / 153
        let month = marchMonth < 10 ? marchMonth + 3 : marchMonth - 9
        return (yearOfEra + era * 400 + (month <= 2 ? 1 : 0), month, dayOfYear - (153 * marchMonth + 2) / 5 + 1)
    }

    static func days(year: Int64, month: Int64, day: Int64) -> Int64 {
        let marchYear = month <= 2 ? year - 1 : year
        let era = marchYear.floorDivided(by: 400)
        let yearOfEra = marchYear - era * 400
        let dayOfYear = (153 * (month > 2 ? month - 3 : month + 9) + 2) / 5 + day - 1
        return era * 146_097 + yearOfEra * 365 + yearOfEra / 4 - yearOfEra / 100 + dayOfYear - 719_468
    }
}

extension Timestamp {
    /// Parses RFC 3339 like Go's time.Parse: any fraction, `Z` or an offset; only dates that exist.
    package init?(rfc3339 text: String) {
        var scanner = DigitScanner(text.utf8[...])
        guard let year = scanner.digits(4), scanner.take("-"), let month = scanner.digits(2), scanner.take("-"),
            let day = scanner.digits(2), scanner.take("T"), let hour = scanner.digits(2), scanner.take(":"),
            let minute = scanner.digits(2), scanner.take(":"), let second = scanner.digits(2),
            (1...12).contains(month), day >= 1, hour < 24, minute < 60, second < 60
        else { return nil }
        let isLeap = year % 4 == 0 && (year % 100 != 0 || year % 400 == 0)
        let lengths: [Int64] = [31, isLeap ? 29 : 28, 31, 30, 31, 30, 31, 31, 30, 31, 30, 31]
        guard day <= lengths[Int(month) - 1] else { return nil }
        var nanoseconds: Int64 = 0
        if scanner.take(".") {
            guard let fraction = scanner.fraction() else { return nil }
            nanoseconds = fraction
        }
        var offset: Int64 = 0
        if !scanner.take("Z") {
            let sign: Int64
            if scanner.take("+") { sign = 1 } else if scanner.take("-") { sign = -1 } else { return nil }
            guard let hours = scanner.digits(2), scanner.take(":"), let minutes = scanner.digits(2), hours < 24,
                minutes < 60
            else { return nil }
            offset = sign * (hours * 3600 + minutes * 60)
        }
        guard scanner.isAtEnd else { return nil }
        let days = Self.days(year: year, month: month, day: day)
        let seconds = days * 86_400 + hour * 3600 + minute * 60 + second - offset
        guard Self.written.contains(seconds) else { return nil }
        self.init(seconds: seconds, nanoseconds: Int32(nanoseconds))
    }
}

private struct DigitScanner {
    private var rest: Substring.UTF8View

    init(_ bytes: Substring.UTF8View) { rest = bytes }

    var isAtEnd: Bool { rest.isEmpty }

    mutating func take(_ character: Unicode.Scalar) -> Bool {
        guard let first = rest.first, UInt32(first) == character.value else { return false }
        rest.removeFirst()
        return true
    }

    mutating func digits(_ count: Int) -> Int64? {
        var result: Int64 = 0
        for _ in 0..<count {
            guard let byte = rest.first, (0x30...0x39).contains(byte) else { return nil }
            result = result * 10 + Int64(byte - 0x30)
            rest.removeFirst()
        }
        return result
    }

    /// The decimals as nanoseconds; digits beyond the ninth are dropped.
    mutating func fraction() -> Int64? {
        var result: Int64 = 0
        var count = 0
        while let byte = rest.first, (0x30...0x39).contains(byte) {
            if count < 9 { result = result * 10 + Int64(byte - 0x30) }
            count += 1
            rest.removeFirst()
        }
        guard count > 0 else { return nil }
        for _ in 0..<max(0, 9 - count) { result *= 10 }
        return result
    }
}

extension Int64 {
    package func floorDivided(by divisor: Int64) -> Int64 {
        let (quotient, remainder) = quotientAndRemainder(dividingBy: divisor)
        return remainder < 0 ? quotient - 1 : quotient
    }
}
