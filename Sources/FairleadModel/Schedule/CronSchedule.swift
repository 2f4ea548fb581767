/// When a CronJob is due: five fields, a word for them (`@daily`), or `@every 90m`.
///
/// Reference: robfig/cron v3 (ParseStandard), whose messages these are: clients see them.
package struct CronSchedule: Hashable, Sendable {
    package struct ParseError: Error, Hashable, Sendable {
        package var message: String
    }

    private enum Form: Hashable, Sendable {
        case fields(Fields)
        /// So many seconds after the last time.
        case every(Int64)
    }

    private struct Fields: Hashable, Sendable {
        var minute: CronField
        var hour: CronField
        var day: CronField
        var month: CronField
        var weekday: CronField

        /// With two restricted fields one of them is enough.
        func allowsDay(_ time: LocalTime) -> Bool {
            let isDay = day.contains(time.day)
            let isWeekday = weekday.contains(time.weekday)
            return day.isStar || weekday.isStar ? isDay && isWeekday : isDay || isWeekday
        }
    }

    private let form: Form
    private let zone: TimeZoneRules

    private static let words = [
        "@yearly": "0 0 1 1 *", "@annually": "0 0 1 1 *", "@monthly": "0 0 1 * *", "@weekly": "0 0 * * 0",
        "@daily": "0 0 * * *", "@midnight": "0 0 * * *", "@hourly": "0 * * * *",
    ]

    /// - Parameter zone: whose clock is meant, unless the text itself begins with `TZ=`.
    package init(_ text: String, zone: TimeZoneRules = .utc) throws(ParseError) {
        if text.isEmpty { throw ParseError(message: "empty spec string") }
        var rest = text[...]
        var zone = zone
        if rest.hasPrefix("TZ=") || rest.hasPrefix("CRON_TZ=") {
            let name = rest.prefix { $0 != " " }.drop { $0 != "=" }.dropFirst()
            guard let own = name.isEmpty ? .utc : TimeZoneRules(named: String(name)) else {
                throw ParseError(message: "provided bad location \(name): unknown time zone \(name)")
            }
            zone = own
            rest = rest.drop { $0 != " " }.trimmingSpace
        }
        self.zone = zone
        form = rest.hasPrefix("@") ? try Self.word(rest) : .fields(try Self.fields(rest))
    }

    private static func word(_ text: Substring) throws(ParseError) -> Form {
        if let fields = words[String(text)] { return .fields(try Self.fields(fields[...])) }
        let every = "@every "
        guard text.hasPrefix(every) else { throw ParseError(message: "unrecognized descriptor: \(text)") }
        do {
            let duration = try GoDuration.parse(String(text.dropFirst(every.count)))
            return .every(max(1, duration.components.seconds))
        } catch {
            throw ParseError(message: "failed to parse duration \(text): \(error.message)")
        }
    }

    private static func fields(_ text: Substring) throws(ParseError) -> Fields {
        let parts = text.split(whereSeparator: \.isWhitespace)
        guard parts.count == 5 else {
            throw ParseError(
                message: "expected exactly 5 fields, found \(parts.count): [\(parts.joined(separator: " "))]")
        }
        return Fields(
            minute: try CronField(parts[0], .minute), hour: try CronField(parts[1], .hour),
            day: try CronField(parts[2], .day), month: try CronField(parts[3], .month),
            weekday: try CronField(parts[4], .weekday))
    }

    /// How many years ahead a time is looked for: 29 February comes every eight years at worst, but robfig/cron gives up
    /// after five.
    private static let horizon: Int64 = 5

    /// The first time that is due after this one; nil if there is none (31 February).
    package func next(after time: Timestamp) -> Timestamp? {
        switch form {
        case .every(let seconds): return Timestamp(seconds: time.seconds +| seconds)
        case .fields(let fields): return next(after: time.seconds, fields).map { Timestamp(seconds: $0) }
        }
    }

    private func next(after seconds: Int64, _ fields: Fields) -> Int64? {
        var now = (seconds.floorDivided(by: 60) +| 1) *| 60
        let lastYear = LocalTime(seconds: now +| zone.offset(at: now)).year +| Self.horizon
        // Each step goes at least one unit ahead: at most 60 months, 1,827 days, 24 hours and 60 minutes of them.
        while true {
            let local = now +| zone.offset(at: now)
            let time = LocalTime(seconds: local)
            if time.year > lastYear { return nil }
            if !fields.month.contains(time.month) {
                now = later(than: now, LocalTime.seconds(year: time.year, month: time.month +| 1))
            } else if !fields.allowsDay(time) {
                now = later(than: now, (local.floorDivided(by: 86_400) +| 1) *| 86_400)
            } else if !fields.hour.contains(time.hour) {
                now = now +| (60 -| time.minute) *| 60
            } else if !fields.minute.contains(time.minute) {
                now = now +| 60
            } else {
                return now
            }
        }
    }

    /// The moment of a local midnight, or the first one after it that is ahead, where clocks are set back over it.
    private func later(than now: Int64, _ local: Int64) -> Int64 {
        let moment = zone.seconds(ofLocal: local)
        return moment > now ? moment : now +| 3600
    }

    /// The last time that was due in the interval after `earliest` up to `now`, counted on from `earliest` where nothing
    /// else says when; nil if there was none.
    package func last(after earliest: Timestamp, upTo now: Timestamp) -> Timestamp? {
        guard let first = next(after: earliest), first <= now else { return nil }
        if case .every(let seconds) = form {
            return Timestamp(seconds: first.seconds +| (now.seconds -| first.seconds) / seconds *| seconds)
        }
        // The later one begins, the later is the next time: the last beginning that still has one in the interval.
        var low = earliest.seconds
        var high = now.seconds
        while high -| low > 1 {
            let middle = low +| (high -| low) / 2
            if let next = next(after: Timestamp(seconds: middle)), next <= now { low = middle } else { high = middle }
        }
        return next(after: Timestamp(seconds: low))
    }
}

extension Substring {
    fileprivate var trimmingSpace: Substring {
        var rest = drop(while: \.isWhitespace)
        while rest.last?.isWhitespace == true { rest.removeLast() }
        return rest
    }
}
