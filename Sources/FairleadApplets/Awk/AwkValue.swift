/// A value of awk.
enum AwkValue {
    case number(Double), string(String)
    /// What came from the input: a number if it looks like one.
    case input(String)
    case nothing

    var text: String {
        switch self {
        case .number(let value): FormatPrinter.general(value)
        case .string(let text), .input(let text): text
        case .nothing: ""
        }
    }

    var number: Double {
        switch self {
        case .number(let value): value
        case .string(let text), .input(let text): Self.leading(text)
        case .nothing: 0
        }
    }

    var isTrue: Bool {
        switch self {
        case .number(let value): value != 0
        case .string(let text): !text.isEmpty
        case .input(let text): looksNumeric ? Self.leading(text) != 0 : !text.isEmpty
        case .nothing: false
        }
    }

    var looksNumeric: Bool {
        switch self {
        case .number, .nothing: true
        case .string: false
        case .input(let text):
            Double(text.filter { $0 != " " && $0 != "\t" }).map { $0.isFinite } == true
                && text.utf8.contains { $0.isDigit } && !text.utf8.contains { $0 == UInt8(ascii: "x") }
        }
    }

    /// The number that a text begins with.
    static func leading(_ text: String) -> Double {
        let bytes = Array(text.utf8.drop { $0 == 32 || $0 == 9 || $0 == 10 }.prefix(64))
        var end = 0
        if end < bytes.count, "+-".utf8.contains(bytes[end]) { end += 1 }
        while end < bytes.count, bytes[end].isDigit { end += 1 }
        if end < bytes.count, bytes[end] == UInt8(ascii: ".") {
            end += 1
            while end < bytes.count, bytes[end].isDigit { end += 1 }
        }
        if end + 1 < bytes.count, bytes[end] == UInt8(ascii: "e") || bytes[end] == UInt8(ascii: "E") {
            var exponent = end + 1
            if "+-".utf8.contains(bytes[exponent]) { exponent += 1 }
            let start = exponent
            while exponent < bytes.count, bytes[exponent].isDigit { exponent += 1 }
            if exponent > start { end = exponent }
        }
        var number = String(decoding: bytes[..<end], as: UTF8.self)
        if number.hasSuffix(".") { number += "0" }
        if number.hasPrefix(".") { number = "0" + number }
        return Double(number) ?? 0
    }
}
