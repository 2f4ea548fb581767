import FairleadApplets
import FairleadContainers
import FairleadModel

extension Applets {
    static func date(_ process: Process) async throws -> Int32 {
        var time = process.world.now()
        var format = "%a %b %e %H:%M:%S %Z %Y"
        var words = process.words[...]
        while let word = words.popFirst() {
            switch word {
            case "-u", "--utc", "--universal": continue
            case "-R", "--rfc-2822", "--rfc-email": format = "%a, %d %b %Y %H:%M:%S %z"
            case "-I", "--iso-8601": format = "%F"
            case "-Is", "-Iseconds", "--iso-8601=seconds", "--rfc-3339=seconds":
                format = word.hasPrefix("--rfc") ? "%F %T+00:00" : "%FT%T+00:00"
            case "-Ins", "-Ins.": format = "%FT%T,%N+00:00"
            case "-d", "--date":
                guard let text = words.popFirst(), let parsed = parse(text, now: time) else {
                    throw AppletFailure("invalid date '\(word)'")
                }
                time = parsed
            case "-s", "--set": throw AppletFailure("can't set date: Operation not permitted")
            default:
                if word.hasPrefix("+") {
                    format = String(word.dropFirst())
                } else if word.hasPrefix("--date="), let parsed = parse(String(word.dropFirst(7)), now: time) {
                    time = parsed
                } else if word.hasPrefix("-d"), let parsed = parse(String(word.dropFirst(2)), now: time) {
                    time = parsed
                } else {
                    throw AppletFailure("invalid date '\(word)'")
                }
            }
        }
        try await process.put(CalendarTime(time).text(format))
        return 0
    }

    /// `@SECONDS`, `now`, RFC 3339, `YYYY-MM-DD[ hh:mm[:ss]]`.
    private static func parse(_ text: String, now: Timestamp) -> Timestamp? {
        if text == "now" { return now }
        if text.hasPrefix("@") { return Double(text.dropFirst()).map { Timestamp(seconds: 0).adding(seconds: $0) } }
        if let time = Timestamp(rfc3339: text) { return time }
        let parts = text.split(separator: " ")
        guard let date = parts.first else { return nil }
        var clock = parts.count > 1 ? String(parts[1]) : "00:00:00"
        if clock.utf8.count == 5 { clock += ":00" }
        return Timestamp(rfc3339: "\(date)T\(clock)Z")
    }
}
