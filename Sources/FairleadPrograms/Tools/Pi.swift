import Synchronization

/// The digits of the circle's constant.
enum Pi {
    /// By Machin's formula in fixed-point numbers of base 10^9: 16 arctan(1/5) - 4 arctan(1/239).
    ///
    /// - Returns: that many significant digits, rounded.
    static func text(significantDigits count: Int) -> String {
        guard count > 1 else { return "3" }
        if let known = last.withLock({ $0.count == count ? $0.text : nil }) { return known }
        let text = workOut(count)
        last.withLock { $0 = (count, text) }
        return text
    }

    /// Jobs ask for the same number of digits again and again.
    private static let last = Mutex<(count: Int, text: String)>((0, ""))

    private static func workOut(_ count: Int) -> String {
        let words = count / 9 + 4
        var sum = arctangent(ofOneOver: 5, times: 16, words)
        subtract(arctangent(ofOneOver: 239, times: 4, words), from: &sum)
        let digits = "3" + sum.dropFirst().map { String(String(1_000_000_000 + $0).dropFirst()) }.joined()
        var shown = digits.utf8.prefix(count + 1).map { Int($0) - 48 }
        // Rounded by the first digit that is not shown.
        if shown.removeLast() >= 5 {
            var place = shown.count - 1
            while place >= 0, shown[place] == 9 {
                shown[place] = 0
                place -= 1
            }
            if place >= 0 { shown[place] += 1 }
        }
        return "3." + shown.dropFirst().map(String.init).joined()
    }

    private static let base = 1_000_000_000

    private static func arctangent(ofOneOver x: Int, times factor: Int, _ words: Int) -> [Int] {
        var term = [Int](repeating: 0, count: words)
        term[0] = factor
        divide(&term, by: x, from: 0)
        var sum = term
        var divisor = 3
        var isNegative = true
        // The words of the term that are not zero yet.
        var start = 0
        while true {
            divide(&term, by: x * x, from: start)
            while start < words, term[start] == 0 { start += 1 }
            if start == words { return sum }
            var part = term
            divide(&part, by: divisor, from: start)
            if isNegative { subtract(part, from: &sum) } else { add(part, to: &sum) }
            isNegative.toggle()
            divisor += 2
        }
    }

    private static func divide(_ number: inout [Int], by divisor: Int, from start: Int) {
        var rest = 0
        for index in start..<number.count {
            let value = rest * base + number[index]
            number[index] = value / divisor
            rest = value % divisor
        }
    }

    private static func add(_ other: [Int], to number: inout [Int]) {
        var carry = 0
        for index in number.indices.reversed() {
            let value = number[index] + other[index] + carry
            number[index] = value % base
            carry = value / base
        }
    }

    private static func subtract(_ other: [Int], from number: inout [Int]) {
        var borrow = 0
        for index in number.indices.reversed() {
            let value = number[index] - other[index] - borrow
            number[index] = value < 0 ? value + base : value
            borrow = value < 0 ? 1 : 0
        }
    }
}
