/// A date and time of day without a zone, as a clock on a wall shows it: the Gregorian calendar, counted in seconds from
/// 1970-01-01T00:00.
struct LocalTime: Hashable, Sendable {
    var year: Int64
    /// 1 to 12.
    var month: Int64
    /// 1 to 31.
    var day: Int64
    var hour: Int64
    var minute: Int64
    /// 0 is Sunday.
    var weekday: Int64

    init(seconds: Int64) {
        let days = seconds.floorDivided(by: 86_400)
        let second = seconds -| days *| 86_400
        (year, month, day) = Timestamp.civil(fromDays: days)
        hour = second / 3600
        minute = second / 60 % 60
        // The first day was a Thursday.
        let since = (days +| 4) % 7
        weekday = since < 0 ? since +| 7 : since
    }

    /// The seconds of the first moment of a day; a month beyond December is one of the next year.
    static func seconds(year: Int64, month: Int64, day: Int64 = 1) -> Int64 {
        let isNext = month > 12
        return Timestamp.days(year: isNext ? year +| 1 : year, month: isNext ? month -| 12 : month, day: day) *| 86_400
    }
}
