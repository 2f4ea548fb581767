package import FairleadModel

/// A moment in UTC by its parts.
package struct CalendarTime {
    let seconds: Int64
    let nanoseconds: Int32
    let year: Int, month: Int, day: Int, hour: Int, minute: Int, second: Int
    /// 0 is Sunday.
    let weekday: Int
    /// 1 is the first of January.
    let dayOfYear: Int

    /// The parts of a time.
    package init(_ time: Timestamp) {
        seconds = time.seconds
        nanoseconds = time.nanoseconds
        let text = Array(time.rfc3339.utf8)
        func number(_ start: Int, _ count: Int) -> Int {
            text[start..<start + count].reduce(0) { $0 * 10 + Int($1 &- 48) }
        }
        (year, month, day) = (number(0, 4), number(5, 2), number(8, 2))
        (hour, minute, second) = (number(11, 2), number(14, 2), number(17, 2))
        let days = time.seconds.floorDivided(by: 86_400)
        weekday = Int((days % 7 + 11) % 7)
        let isLeap = year % 4 == 0 && (year % 100 != 0 || year % 400 == 0)
        let lengths = [31, isLeap ? 29 : 28, 31, 30, 31, 30, 31, 31, 30, 31, 30, 31]
        dayOfYear = lengths.prefix(month - 1).reduce(0, +) + day
    }

    static let weekdays = ["Sunday", "Monday", "Tuesday", "Wednesday", "Thursday", "Friday", "Saturday"]
    static let months = [
        "January", "February", "March", "April", "May", "June", "July", "August", "September", "October", "November",
        "December",
    ]

    /// As strftime.
    package func text(_ format: String) -> String {
        var result = ""
        var rest = Array(format)[...]
        while let character = rest.popFirst() {
            guard character == "%", var letter = rest.popFirst() else {
                result.append(character)
                continue
            }
            var isPadded = true
            if letter == "-" || letter == "_" || letter == "0" || letter == "E" || letter == "O" {
                isPadded = letter != "-"
                letter = rest.popFirst() ?? "%"
            }
            result += part(letter, isPadded: isPadded)
        }
        return result
    }

    private func part(_ letter: Character, isPadded: Bool) -> String {
        func two(_ number: Int, _ filler: String = "0") -> String {
            number < 10 && isPadded ? filler + String(number) : String(number)
        }
        let twelve = hour % 12 == 0 ? 12 : hour % 12
        switch letter {
        case "Y": return String(year)
        case "y": return two(year % 100)
        case "C": return two(year / 100)
        case "m": return two(month)
        case "d": return two(day)
        case "e": return two(day, " ")
        case "H": return two(hour)
        case "k": return two(hour, " ")
        case "I": return two(twelve)
        case "l": return two(twelve, " ")
        case "M": return two(minute)
        case "S": return two(second)
        case "s": return String(seconds)
        case "N": return String(String(Int64(nanoseconds) + 1_000_000_000).dropFirst())
        case "j": return String(String(dayOfYear + 1_000).dropFirst())
        case "a": return String(Self.weekdays[weekday].prefix(3))
        case "A": return Self.weekdays[weekday]
        case "b", "h": return String(Self.months[month - 1].prefix(3))
        case "B": return Self.months[month - 1]
        case "p": return hour < 12 ? "AM" : "PM"
        case "P": return hour < 12 ? "am" : "pm"
        case "u": return String(weekday == 0 ? 7 : weekday)
        case "w": return String(weekday)
        case "Z": return "UTC"
        case "z": return "+0000"
        case "F": return text("%Y-%m-%d")
        case "T", "X": return text("%H:%M:%S")
        case "R": return text("%H:%M")
        case "D", "x": return text("%m/%d/%y")
        case "r": return text("%I:%M:%S %p")
        case "c": return text("%a %b %e %H:%M:%S %Y")
        case "n": return "\n"
        case "t": return "\t"
        case "%": return "%"
        default: return "%\(letter)"
        }
    }
}
