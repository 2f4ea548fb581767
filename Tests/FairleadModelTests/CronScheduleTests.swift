import Testing

@testable import FairleadModel

@Suite struct CronScheduleTests {
    @Test(arguments: [
        ("", "empty spec string"), ("x", "expected exactly 5 fields, found 1: [x]"),
        ("* * * * * *", "expected exactly 5 fields, found 6: [* * * * * *]"),
        ("60 * * * *", "end of range (60) above maximum (59): 60"),
        ("* * 0 * *", "beginning of range (0) below minimum (1): 0"),
        ("1-0 * * * *", "beginning of range (1) beyond end of range (0): 1-0"),
        ("*/0 * * * *", "step of range should be a positive number: */0"),
        ("1-2-3 * * * *", "too many hyphens: 1-2-3"), ("1/2/3 * * * *", "too many slashes: 1/2/3"),
        ("a * * * *", "failed to parse int from a: strconv.Atoi: parsing \"a\": invalid syntax"),
        ("-5 * * * *", "failed to parse int from : strconv.Atoi: parsing \"\": invalid syntax"),
        ("*/-1 * * * *", "negative number (-1) not allowed: -1"),
        (
            "99999999999999999999 * * * *",
            "failed to parse int from 99999999999999999999: strconv.Atoi: parsing \"99999999999999999999\": value out of "
                + "range"
        ),
        ("@odd", "unrecognized descriptor: @odd"),
        ("@every x", "failed to parse duration @every x: time: invalid duration \"x\""),
        ("TZ=Odd 0 0 * * *", "provided bad location Odd: unknown time zone Odd"),
    ])
    func refuses(text: String, message: String) {
        #expect(throws: CronSchedule.ParseError(message: message)) { try CronSchedule(text) }
    }

    @Test(arguments: [
        ("*/5 * * * *", "UTC", "2026-01-01T00:01:00Z", "2026-01-01T00:05:00Z"),
        ("5/15 * * * *", "UTC", "2026-01-01T00:21:00Z", "2026-01-01T00:35:00Z"),
        ("@yearly", "UTC", "2026-01-01T00:00:00Z", "2027-01-01T00:00:00Z"),
        ("0 0 29 2 *", "UTC", "2026-01-01T00:00:00Z", "2028-02-29T00:00:00Z"),
        // Days and weekdays: one of two restricted fields is enough.
        ("0 0 13 * FRI", "UTC", "2026-01-01T00:00:00Z", "2026-01-02T00:00:00Z"),
        ("0 0 ? * mon-fri", "UTC", "2026-01-02T12:00:00Z", "2026-01-05T00:00:00Z"),
        ("30 9 * * *", "America/New_York", "2026-07-01T00:00:00Z", "2026-07-01T13:30:00Z"),
        ("30 9 * * *", "America/New_York", "2026-12-01T00:00:00Z", "2026-12-01T14:30:00Z"),
        // 2:30 does not exist on the day when clocks are put forward.
        ("30 2 * * *", "Europe/Berlin", "2026-03-28T12:00:00Z", "2026-03-30T00:30:00Z"),
        ("0 0 * * *", "Asia/Kathmandu", "2026-01-01T00:00:00Z", "2026-01-01T18:15:00Z"),
        ("@every 90m", "UTC", "2026-01-01T00:00:00Z", "2026-01-01T01:30:00Z"),
        ("@every 1ms", "UTC", "2026-01-01T00:00:00Z", "2026-01-01T00:00:01Z"),
    ])
    func finds(text: String, zone: String, after: String, next: String) throws {
        let rules = try #require(TimeZoneRules(named: zone))
        let schedule = try CronSchedule(text, zone: rules)
        #expect(schedule.next(after: try #require(Timestamp(rfc3339: after)))?.rfc3339 == next)
    }

    @Test func neverComes() throws {
        let start = Timestamp(seconds: 1_700_000_000)
        #expect(try CronSchedule("0 0 31 2 *").next(after: start) == nil)
        #expect(try CronSchedule(", * * * *").next(after: start) == nil)
    }

    @Test(arguments: [
        ("*/5 * * * *", "2026-01-01T00:10:00Z"), ("0 0 * * *", "2026-01-01T00:00:00Z"),
        ("@every 4m", "2026-01-01T00:12:00Z"), ("0 12 * * *", ""),
    ])
    func lastOneUpToNow(text: String, last: String) throws {
        let origin = try #require(Timestamp(rfc3339: "2025-12-31T23:00:00Z"))
        let now = try #require(Timestamp(rfc3339: "2026-01-01T00:13:00Z"))
        #expect((try CronSchedule(text).last(after: origin, upTo: now)?.rfc3339 ?? "") == last)
        let longAgo = Timestamp(seconds: -1_000_000_000)
        _ = try CronSchedule("* * * 1 *").last(after: longAgo, upTo: now)
    }

    @Test func unknownZonesAreNone() {
        for name in ["utc", "europe/berlin", "Odd/Zone", "", "<+01>-1", "EST5EDT,M3.2.0,M11.1.0"] {
            #expect(TimeZoneRules(named: name) == nil, "\(name)")
        }
        for name in ["UTC", "Etc/UTC", "US/Pacific", "Europe/Dublin", "America/Nuuk", "Asia/Gaza", "Africa/Cairo"] {
            #expect(TimeZoneRules(named: name) != nil, "\(name)")
        }
    }

    @Test func printsItsTimes() throws {
        let zone = try #require(TimeZoneRules(named: "America/St_Johns"))
        #expect(zone.rfc3339(Timestamp(seconds: 1_767_225_600)) == "2025-12-31T20:30:00-03:30")
        #expect(Timestamp(seconds: 1_767_225_600).rfc1123 == "Thu, 01 Jan 2026 00:00:00 +0000")
    }
}

@Suite struct IndexIntervalsTests {
    @Test func readsAndWrites() {
        let set = IndexIntervals(lenient: "7,1,3-5,4-6,x,9-8,20-30", below: 25)
        #expect(set.text == "1,3-7,20-24")
        #expect(set.count == 11)
        #expect([0, 1, 2, 3, 7, 8, 24, 25].filter { set.contains($0) } == [1, 3, 7, 24])
        #expect(set.missing(4, below: 25) == [0, 2, 8, 9])
        #expect(IndexIntervals([0, 1]).text == "0,1")
        #expect(IndexIntervals().missing(3, below: 2) == [0, 1])
        #expect(set.countShared(with: IndexIntervals(lenient: "0-4", below: 10)) == 3)
    }

    @Test(arguments: [
        ("0-5", "too large index: \"5\""), ("x", "cannot convert string to integer for index: \"x\""),
        ("5-2", "too large index: \"5\""), ("2-1", "non-increasing order, previous: 2, current: 1"),
        ("2,1", "non-increasing order, previous: 2, current: 1"),
        (
            "0-1-2",
            "the fragment \"0-1-2\" violates the requirement that an index interval can have at most two parts separated "
                + "by '-'"
        ),
    ])
    func refuses(text: String, message: String) {
        #expect(throws: IndexIntervals.ParseError(message: message)) { try IndexIntervals.count(of: text, below: 3) }
    }
}
