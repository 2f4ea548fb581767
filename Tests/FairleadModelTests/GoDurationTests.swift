import FairleadModel
import Testing

struct GoDurationTests {
    @Test(
        arguments: [
            ("60s", .seconds(60)), ("1h30m", .seconds(5400)), ("1.5h", .seconds(5400)), ("300ms", .milliseconds(300)),
            ("0", .zero), ("-2s", .seconds(-2)), ("+.5s", .milliseconds(500)), ("1.s", .seconds(1)),
            ("3us7ns", .nanoseconds(3007)),
        ] as [(String, Duration)])
    func durationsAreReadAsGoDoes(text: String, expected: Duration) throws {
        #expect(try GoDuration.parse(text) == expected)
    }

    @Test(
        arguments: [
            ("", "time: invalid duration \"\""), ("abc", "time: invalid duration \"abc\""),
            ("5", "time: missing unit in duration \"5\""), ("5x", "time: unknown unit \"x\" in duration \"5x\""),
            ("9223372036854775807h", "time: invalid duration \"9223372036854775807h\""),
            ("9e9s", "time: unknown unit \"e\" in duration \"9e9s\""), (".s", "time: invalid duration \".s\""),
            ("99999999999999999999s", "time: invalid duration \"99999999999999999999s\""),
        ])
    func whatIsNoDurationIsRefusedInGosWords(text: String, message: String) {
        #expect(throws: GoDuration.ParseError(message: message)) { try GoDuration.parse(text) }
    }
}
