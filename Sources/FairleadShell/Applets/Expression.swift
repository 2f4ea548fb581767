import FairleadApplets
import FairleadContainers
import FairleadModel

/// `expr`
struct Expression {
    private var words: ArraySlice<String>
    private var depth = 0

    static let applet = Applet { process in
        var expression = Expression(words: process.words[...])
        guard !process.words.isEmpty else { throw AppletFailure("syntax error", status: 2) }
        let value = try expression.alternatives()
        guard expression.words.isEmpty else { throw AppletFailure("syntax error", status: 2) }
        try await process.put(value)
        return Self.isTrue(value) ? 0 : 1
    }

    private init(words: ArraySlice<String>) { self.words = words }

    private static func isTrue(_ value: String) -> Bool { !value.isEmpty && Int64(value) != 0 }

    private mutating func alternatives() throws(AppletFailure) -> String {
        guard depth < 50 else { throw AppletFailure("syntax error", status: 2) }
        depth += 1
        defer { depth -= 1 }
        var left = try conjunction()
        while words.first == "|" {
            words.removeFirst()
            let right = try conjunction()
            if !Self.isTrue(left) { left = Self.isTrue(right) ? right : "0" }
        }
        return left
    }

    private mutating func conjunction() throws(AppletFailure) -> String {
        var left = try comparison()
        while words.first == "&" {
            words.removeFirst()
            let right = try comparison()
            if !Self.isTrue(left) || !Self.isTrue(right) { left = "0" }
        }
        return left
    }

    private mutating func comparison() throws(AppletFailure) -> String {
        var left = try sum()
        while let sign = words.first, ["=", "==", "!=", "<", "<=", ">", ">="].contains(sign) {
            words.removeFirst()
            let right = try sum()
            let order: Int
            if let one = Int64(left), let two = Int64(right) {
                order = one < two ? -1 : one > two ? 1 : 0
            } else {
                order = left < right ? -1 : left > right ? 1 : 0
            }
            let holds =
                switch sign {
                case "=", "==": order == 0
                case "!=": order != 0
                case "<": order < 0
                case "<=": order <= 0
                case ">": order > 0
                default: order >= 0
                }
            left = holds ? "1" : "0"
        }
        return left
    }

    private func number(_ text: String) throws(AppletFailure) -> Int64 {
        guard let number = Int64(text) else { throw AppletFailure("non-numeric argument", status: 2) }
        return number
    }

    private mutating func sum() throws(AppletFailure) -> String {
        var left = try product()
        while let sign = words.first, sign == "+" || sign == "-" {
            words.removeFirst()
            let (one, two) = (try number(left), try number(try product()))
            left = String(sign == "+" ? one &+ two : one &- two)
        }
        return left
    }

    private mutating func product() throws(AppletFailure) -> String {
        var left = try match()
        while let sign = words.first, sign == "*" || sign == "/" || sign == "%" {
            words.removeFirst()
            let (one, two) = (try number(left), try number(try match()))
            if sign == "*" {
                left = String(one &* two)
                continue
            }
            guard two != 0 else { throw AppletFailure("division by zero", status: 2) }
            left = String(two == -1 ? (sign == "/" ? 0 &- one : 0) : sign == "/" ? one / two : one % two)
        }
        return left
    }

    private mutating func match() throws(AppletFailure) -> String {
        var left = try primary()
        while words.first == ":" {
            words.removeFirst()
            left = try matched(left, try primary())
        }
        return left
    }

    private func matched(_ text: String, _ pattern: String) throws(AppletFailure) -> String {
        let expression: RegularExpression
        do throws(RegularExpression.Malformed) {
            expression = try RegularExpression("^" + pattern, isExtended: false)
        } catch {
            throw AppletFailure("bad regex '\(pattern)'", status: 2)
        }
        let scalars = Array(text.unicodeScalars)
        let match = expression.match(scalars, from: 0)
        if expression.groups > 0 {
            return match?.groups[1].map { String(Array(scalars[$0])) } ?? ""
        }
        return String(match?.range.count ?? 0)
    }

    private mutating func primary() throws(AppletFailure) -> String {
        guard let word = words.popFirst() else { throw AppletFailure("syntax error", status: 2) }
        switch word {
        case "(":
            let value = try alternatives()
            guard words.popFirst() == ")" else { throw AppletFailure("syntax error", status: 2) }
            return value
        case "length" where !words.isEmpty: return String((words.popFirst() ?? "").unicodeScalars.count)
        case "match" where words.count >= 2:
            let (text, pattern) = (words.removeFirst(), words.removeFirst())
            return try matched(text, pattern)
        case "substr" where words.count >= 3:
            let scalars = Array(words.removeFirst().unicodeScalars)
            let (start, count) = (Int(words.removeFirst()) ?? 0, Int(words.removeFirst()) ?? 0)
            guard start >= 1, count >= 1, start <= scalars.count else { return "" }
            return String(Array(scalars[(start - 1)..<min(scalars.count, (start - 1) +| count)]))
        case "index" where words.count >= 2:
            let (text, wanted) = (Array(words.removeFirst()), words.removeFirst())
            return String(text.firstIndex { wanted.contains($0) }.map { $0 + 1 } ?? 0)
        default: return word
        }
    }
}
