/// The numbers that one field of a cron schedule allows, as bits.
///
/// Reference: robfig/cron v3, whose messages these are.
struct CronField: Hashable, Sendable {
    /// Which numbers a field may have, and their names.
    struct Bounds: Sendable {
        var lowest: Int64
        var highest: Int64
        var names: [String] = []
        /// The number of the first name.
        var firstName: Int64 = 0

        static let minute = Bounds(lowest: 0, highest: 59)
        static let hour = Bounds(lowest: 0, highest: 23)
        static let day = Bounds(lowest: 1, highest: 31)
        static let month = Bounds(
            lowest: 1, highest: 12,
            names: ["jan", "feb", "mar", "apr", "may", "jun", "jul", "aug", "sep", "oct", "nov", "dec"], firstName: 1)
        static let weekday = Bounds(
            lowest: 0, highest: 6, names: ["sun", "mon", "tue", "wed", "thu", "fri", "sat"])
    }

    private(set) var bits: UInt64 = 0
    /// A star or a question mark: not restricted. Decides how days and weekdays go together.
    private(set) var isStar = false

    func contains(_ number: Int64) -> Bool { number >= 0 && number < 64 && bits & (1 << UInt64(number)) != 0 }

    init(_ text: Substring, _ bounds: Bounds) throws(CronSchedule.ParseError) {
        for part in text.split(separator: ",") { try add(part, bounds) }
    }

    /// `*`, `5`, `1-5`, `MON-FRI`, each with `/step`.
    private mutating func add(_ text: Substring, _ bounds: Bounds) throws(CronSchedule.ParseError) {
        func failed(_ message: String) -> CronSchedule.ParseError {
            CronSchedule.ParseError(message: "\(message): \(text)")
        }
        let parts = text.split(separator: "/", omittingEmptySubsequences: false)
        let ends = parts[0].split(separator: "-", omittingEmptySubsequences: false)
        let isAll = ends[0] == "*" || ends[0] == "?"
        var star = isAll
        var first = bounds.lowest
        var last = bounds.highest
        if !isAll {
            first = try Self.number(ends[0], bounds)
            switch ends.count {
            case 1: last = first
            case 2: last = try Self.number(ends[1], bounds)
            default: throw failed("too many hyphens")
            }
        }
        var step: Int64 = 1
        switch parts.count {
        case 1: break
        case 2:
            step = try Self.number(parts[1])
            // 5/15 is 5-59/15.
            if ends.count == 1 { last = bounds.highest }
            if step > 1 { star = false }
        default: throw failed("too many slashes")
        }
        if first < bounds.lowest {
            throw failed("beginning of range (\(first)) below minimum (\(bounds.lowest))")
        }
        if last > bounds.highest { throw failed("end of range (\(last)) above maximum (\(bounds.highest))") }
        if first > last { throw failed("beginning of range (\(first)) beyond end of range (\(last))") }
        if step == 0 { throw failed("step of range should be a positive number") }
        if star { isStar = true }
        for number in stride(from: first, through: last, by: Int(clamping: step)) { bits |= 1 << UInt64(number) }
    }

    private static func number(_ text: Substring, _ bounds: Bounds) throws(CronSchedule.ParseError) -> Int64 {
        if let index = bounds.names.firstIndex(of: text.lowercased()) { return Int64(index) +| bounds.firstName }
        return try number(text)
    }

    private static func number(_ text: Substring) throws(CronSchedule.ParseError) -> Int64 {
        let digits = text.hasPrefix("+") || text.hasPrefix("-") ? text.dropFirst() : text
        let isNumber = !digits.isEmpty && digits.utf8.allSatisfy { $0 >= UInt8(ascii: "0") && $0 <= UInt8(ascii: "9") }
        guard isNumber, let number = Int64(text) else {
            let why = isNumber ? "value out of range" : "invalid syntax"
            throw CronSchedule.ParseError(
                message: "failed to parse int from \(text): strconv.Atoi: parsing \(String(text).goQuoted): \(why)")
        }
        if number < 0 { throw CronSchedule.ParseError(message: "negative number (\(number)) not allowed: \(text)") }
        return number
    }
}
