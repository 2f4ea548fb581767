/// When the clocks of one zone show what: its standard time and, where it has one, its summer time.
///
/// Reference: POSIX.1-2024, "Other Environment Variables", TZ; RFC 9636 (hours of a change from -167 to 167).
package struct TimeZoneRules: Hashable, Sendable {
    package static let utc = TimeZoneRules(standard: 0)

    /// When clocks are changed: the `weekday` of the week `week` (5 is the last) of the month, at `second`.
    private struct Change: Hashable, Sendable {
        var month: Int64
        var week: Int64
        var weekday: Int64
        var second: Int64

        /// By the clock before the change, in seconds from 1970.
        func seconds(in year: Int64) -> Int64 {
            let first = LocalTime.seconds(year: year, month: month)
            let offset = (weekday -| LocalTime(seconds: first).weekday +| 7) % 7
            var day = first +| (offset +| (week -| 1) *| 7) *| 86_400
            let end = LocalTime.seconds(year: year, month: month +| 1)
            while day >= end { day = day -| 7 *| 86_400 }
            return day +| second
        }
    }

    private struct Summer: Hashable, Sendable {
        var offset: Int64
        var begin: Change
        var end: Change
    }

    /// Seconds to add to UTC.
    private var standard: Int64
    private var summer: Summer?

    private init(standard: Int64) { self.standard = standard }

    /// The zone of that name, as it is spelled in the IANA database; nil if there is none.
    package init?(named name: String) {
        guard let rules = Self.rule(of: name).flatMap({ TimeZoneRules(posix: $0) }) else { return nil }
        self = rules
    }

    /// Go's name of the zone without one is the one of UTC.
    private static func rule(of name: String) -> Substring? {
        if name == "UTC" { return "UTC0" }
        for line in TimeZoneTable.text.split(separator: "\n") {
            let words = line.split(separator: " ")
            if words.dropFirst().contains(where: { $0 == name }) { return words.first }
        }
        return nil
    }

    /// Reads `EST5EDT,M3.2.0,M11.1.0/1`.
    init?(posix text: Substring) {
        let parts = text.split(separator: ",")
        guard let zone = parts.first else { return nil }
        var reader = Reader(rest: zone.utf8[...])
        reader.skipName()
        guard let west = reader.offset() else { return nil }
        standard = 0 -| west
        if reader.rest.isEmpty { return }
        reader.skipName()
        let summerWest = reader.rest.isEmpty ? west -| 3600 : reader.offset()
        guard parts.count == 3, let summerWest, let begin = Self.change(parts[1]), let end = Self.change(parts[2])
        else { return nil }
        summer = Summer(offset: 0 -| summerWest, begin: begin, end: end)
    }

    private static func change(_ text: Substring) -> Change? {
        let halves = text.split(separator: "/")
        let numbers = halves[0].dropFirst().split(separator: ".").compactMap { Int64($0) }
        guard halves[0].first == "M", numbers.count == 3, (1...12).contains(numbers[0]) else { return nil }
        var second: Int64 = 7200
        if halves.count == 2 {
            var reader = Reader(rest: halves[1].utf8[...])
            guard let time = reader.offset() else { return nil }
            second = time
        }
        return Change(month: numbers[0], week: numbers[1], weekday: numbers[2], second: second)
    }

    /// What is added to UTC at that moment, in seconds.
    package func offset(at seconds: Int64) -> Int64 {
        guard let summer else { return standard }
        let year = LocalTime(seconds: seconds +| standard).year
        let begin = summer.begin.seconds(in: year) -| standard
        let end = summer.end.seconds(in: year) -| summer.offset
        let isSummer = begin < end ? begin <= seconds && seconds < end : !(end <= seconds && seconds < begin)
        return isSummer ? summer.offset : standard
    }

    /// The moment when clocks show that; the first one after a gap where they never do.
    func seconds(ofLocal local: Int64) -> Int64 {
        let guess = local -| offset(at: local -| standard)
        let other = local -| offset(at: guess)
        if guess == other { return guess }
        // One of the two is in the gap or in the hour that comes twice: the earlier one that shows the time, if any.
        for candidate in [min(guess, other), max(guess, other)] where candidate +| offset(at: candidate) == local {
            return candidate
        }
        return max(guess, other)
    }

    /// `2026-03-29T01:00:00+01:00`.
    package func rfc3339(_ time: Timestamp) -> String {
        let offset = offset(at: time.seconds)
        let text = Timestamp(seconds: time.seconds +| offset).rfc3339
        if offset == 0 { return text }
        func two(_ number: Int64) -> String { number < 10 ? "0\(number)" : "\(number)" }
        let minutes = abs(offset) / 60
        return text.dropLast() + (offset < 0 ? "-" : "+") + two(minutes / 60) + ":" + two(minutes % 60)
    }

    private struct Reader {
        var rest: Substring.UTF8View

        /// Letters, or anything in angle brackets.
        mutating func skipName() {
            if rest.first == UInt8(ascii: "<") {
                rest = rest.drop { $0 != UInt8(ascii: ">") }.dropFirst()
            } else {
                rest = rest.drop { $0 | 0x20 >= UInt8(ascii: "a") && $0 | 0x20 <= UInt8(ascii: "z") }
            }
        }

        /// `-5:45` in seconds.
        mutating func offset() -> Int64? {
            var sign: Int64 = 1
            if rest.first == UInt8(ascii: "-") { sign = -1 }
            if rest.first == UInt8(ascii: "-") || rest.first == UInt8(ascii: "+") { rest.removeFirst() }
            guard let hours = number() else { return nil }
            var total = hours *| 3600
            for unit: Int64 in [60, 1] where rest.first == UInt8(ascii: ":") {
                rest.removeFirst()
                guard let part = number() else { return nil }
                total = total +| part *| unit
            }
            return sign *| total
        }

        private mutating func number() -> Int64? {
            let digits = rest.prefix { $0 >= UInt8(ascii: "0") && $0 <= UInt8(ascii: "9") }
            rest = rest[digits.endIndex...]
            return Int64(Substring(digits))
        }
    }
}
