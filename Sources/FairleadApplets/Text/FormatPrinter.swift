import FairleadModel

/// `printf`: a format, used as often as there are arguments.
///
/// Widths are at most 4096; the output is at most 1 MiB.
package struct FormatPrinter {
    private static let limit = 1 << 20

    private let format: [UInt8]
    private var arguments: ArraySlice<String>
    /// What has been printed.
    package private(set) var output: [UInt8] = []
    /// What was wrong with arguments, as messages.
    package private(set) var problems: [String] = []

    /// A format, and the arguments that it prints.
    package init(_ format: String, arguments: [String]) {
        self.format = Array(format.utf8)
        self.arguments = arguments[...]
    }

    /// Prints all arguments.
    package mutating func print() {
        repeat {
            let before = arguments.count
            guard pass(), arguments.count < before, output.count < Self.limit else { return }
        } while !arguments.isEmpty
    }

    /// Once through the format; false if `\c` ends it.
    private mutating func pass() -> Bool {
        var index = 0
        while index < format.count {
            let byte = format[index]
            if byte == UInt8(ascii: "\\") {
                // The whole sequence, at most four bytes.
                let piece = Array(format[index..<min(format.count, index + Self.length(format, index))])
                let (bytes, stops) = Escapes.decodedBytes(piece, zeroPrefix: false)
                output += bytes
                if stops { return false }
                index += piece.count
                continue
            }
            guard byte == UInt8(ascii: "%") else {
                output.append(byte)
                index += 1
                continue
            }
            index += 1
            guard index < format.count else {
                output.append(byte)
                return true
            }
            if format[index] == byte {
                output.append(byte)
                index += 1
                continue
            }
            guard let end = directive(from: index) else { return false }
            index = end
        }
        return true
    }

    private static func length(_ text: [UInt8], _ start: Int) -> Int {
        guard start + 1 < text.count else { return 1 }
        func digits(from index: Int, _ limit: Int, _ radix: Int) -> Int {
            var count = 0
            while count < limit, index + count < text.count,
                Int(String(UnicodeScalar(text[index + count])), radix: radix) != nil
            { count += 1 }
            return count
        }
        switch text[start + 1] {
        case UInt8(ascii: "x"): return 2 + digits(from: start + 2, 2, 16)
        case UInt8(ascii: "0"): return 2 + digits(from: start + 2, 3, 8)
        case UInt8(ascii: "1")...UInt8(ascii: "7"): return 1 + digits(from: start + 1, 3, 8)
        default: return 2
        }
    }

    /// One `%…`; the place after it, or nil if printing ends.
    private mutating func directive(from start: Int) -> Int? {
        var index = start
        var flags: Set<UInt8> = []
        while index < format.count, "-+ 0#'".utf8.contains(format[index]) {
            flags.insert(format[index])
            index += 1
        }
        var width = number(&index) ?? 0
        if width < 0 {
            flags.insert(UInt8(ascii: "-"))
            width = 0 -| width
        }
        var precision: Int?
        if index < format.count, format[index] == UInt8(ascii: ".") {
            index += 1
            precision = number(&index) ?? 0
        }
        while index < format.count, "lhjzq".utf8.contains(format[index]), index + 1 < format.count {
            if format[index] == UInt8(ascii: "q") { break }
            index += 1
        }
        guard index < format.count else { return index }
        let kind = format[index]
        index += 1
        width = min(width, 4_096)
        precision = precision.map { min(max(0, $0), 4_096) }
        guard let text = converted(kind, flags, precision) else { return nil }
        pad(text, kind, flags, width, precision)
        return index
    }

    private mutating func number(_ index: inout Int) -> Int? {
        if index < format.count, format[index] == UInt8(ascii: "*") {
            index += 1
            return Int(arguments.popFirst() ?? "") ?? 0
        }
        var value: Int?
        while index < format.count, format[index] >= 48, format[index] <= 57 {
            value = min(100_000, (value ?? 0) * 10 + Int(format[index] - 48))
            index += 1
        }
        return value
    }

    private mutating func pad(_ text: [UInt8], _ kind: UInt8, _ flags: Set<UInt8>, _ width: Int, _ precision: Int?) {
        let isNumber = "diouxXfFeEgG".utf8.contains(kind)
        let missing = max(0, width - text.count)
        if flags.contains(UInt8(ascii: "-")) {
            output += text + [UInt8](repeating: 32, count: missing)
        } else if flags.contains(UInt8(ascii: "0")), isNumber, precision == nil || "fFeEgG".utf8.contains(kind) {
            let isSigned = text.first == UInt8(ascii: "-") || text.first == UInt8(ascii: "+")
            output += text.prefix(isSigned ? 1 : 0) + [UInt8](repeating: 48, count: missing)
            output += text.dropFirst(isSigned ? 1 : 0)
        } else {
            output += [UInt8](repeating: 32, count: missing) + text
        }
    }

    private mutating func converted(_ kind: UInt8, _ flags: Set<UInt8>, _ precision: Int?) -> [UInt8]? {
        switch kind {
        case UInt8(ascii: "s"):
            let text = Array((arguments.popFirst() ?? "").utf8)
            return precision.map { Array(text.prefix($0)) } ?? text
        case UInt8(ascii: "b"):
            let (bytes, stops) = Escapes.decodedBytes(Array((arguments.popFirst() ?? "").utf8), zeroPrefix: true)
            if stops {
                output += bytes
                return nil
            }
            return bytes
        case UInt8(ascii: "q"):
            let text = arguments.popFirst() ?? ""
            return Array(("'" + text.replacing("'", with: "'\\''") + "'").utf8)
        case UInt8(ascii: "c"): return Array((arguments.popFirst() ?? "").utf8.prefix(1))
        case UInt8(ascii: "d"), UInt8(ascii: "i"):
            let value = integer(arguments.popFirst())
            let digits = Self.digits(String(value.magnitude), precision)
            let sign = value < 0 ? "-" : flags.contains(43) ? "+" : flags.contains(32) ? " " : ""
            return Array((sign + digits).utf8)
        case UInt8(ascii: "u"), UInt8(ascii: "x"), UInt8(ascii: "X"), UInt8(ascii: "o"):
            let value = UInt64(bitPattern: integer(arguments.popFirst()))
            let radix = kind == UInt8(ascii: "u") ? 10 : kind == UInt8(ascii: "o") ? 8 : 16
            let prefix = flags.contains(35) && value != 0 ? (radix == 8 ? "0" : radix == 16 ? "0x" : "") : ""
            let text = prefix + Self.digits(String(value, radix: radix), precision)
            return Array((kind == UInt8(ascii: "X") ? text.uppercased() : text).utf8)
        case UInt8(ascii: "f"), UInt8(ascii: "F"), UInt8(ascii: "e"), UInt8(ascii: "g"), UInt8(ascii: "E"),
            UInt8(ascii: "G"):
            let text = arguments.popFirst() ?? "0"
            guard let value = Double(text.isEmpty ? "0" : text) else {
                problems.append("invalid number '\(text)'")
                return Array("0".utf8)
            }
            let isGeneral = kind == UInt8(ascii: "g") || kind == UInt8(ascii: "G")
            return Array((isGeneral ? Self.general(value) : Self.fixed(value, decimals: min(20, precision ?? 6))).utf8)
        default:
            problems.append("%\(String(UnicodeScalar(kind))): invalid format")
            return nil
        }
    }

    private static func digits(_ text: String, _ precision: Int?) -> String {
        String(repeating: "0", count: max(0, (precision ?? 0) - text.count)) + text
    }

    private mutating func integer(_ text: String?) -> Int64 {
        guard let text, !text.isEmpty else { return 0 }
        if let quote = text.first, quote == "'" || quote == "\"" {
            return Int64(text.dropFirst().unicodeScalars.first?.value ?? 0)
        }
        let trimmed = text.hasPrefix("+") ? String(text.dropFirst()) : text
        if trimmed.lowercased().hasPrefix("0x"), let value = UInt64(trimmed.dropFirst(2), radix: 16) {
            return Int64(bitPattern: value)
        }
        if trimmed.hasPrefix("0"), trimmed.count > 1, let value = Int64(trimmed, radix: 8) { return value }
        if let value = Int64(trimmed) { return value }
        problems.append("invalid number '\(text)'")
        return 0
    }

    /// `3.14`: rounded to some decimals, without an exponent.
    package static func fixed(_ value: Double, decimals: Int) -> String {
        guard value.isFinite else { return value.isNaN ? "nan" : value < 0 ? "-inf" : "inf" }
        var scale = 1.0
        for _ in 0..<decimals { scale *= 10 }
        let scaled = (abs(value) * scale).rounded(.toNearestOrEven)
        guard scaled < 1e18, let whole = UInt64(exactly: scaled) else { return "\(value)" }
        var digits = String(whole)
        if decimals > 0 {
            digits = String(repeating: "0", count: max(0, decimals + 1 - digits.count)) + digits
            let point = digits.index(digits.endIndex, offsetBy: 0 - decimals)
            digits = digits[..<point] + "." + digits[point...]
        }
        return value < 0 && whole != 0 ? "-" + digits : digits
    }

    /// `%.6g`: as awk prints numbers.
    package static func general(_ value: Double) -> String {
        if let whole = Int64(exactly: value) { return String(whole) }
        guard value.isFinite else { return fixed(value, decimals: 0) }
        let magnitude = abs(value)
        guard magnitude >= 1e-4, magnitude < 1e6 else { return "\(Float(value))" }
        var decimals = 5
        var bound = 10.0
        while magnitude >= bound, decimals > 0 {
            bound *= 10
            decimals -= 1
        }
        var small = 1.0
        while magnitude < small, decimals < 10 {
            small /= 10
            decimals += 1
        }
        var text = fixed(value, decimals: decimals)
        if text.contains(".") {
            while text.hasSuffix("0") { text.removeLast() }
            if text.hasSuffix(".") { text.removeLast() }
        }
        return text
    }
}
