/// Backslash sequences, as `echo -e` and `printf` know them.
package enum Escapes {
    /// The text with its sequences replaced, and whether `\c` has ended it.
    ///
    /// - Parameter zeroPrefix: whether octal numbers are written `\0nnn`, as for `echo`; otherwise also `\nnn`.
    package static func decoded(_ text: String, zeroPrefix: Bool) -> (text: String, stops: Bool) {
        let (bytes, stops) = decodedBytes(Array(text.utf8), zeroPrefix: zeroPrefix)
        return (String(decoding: bytes, as: UTF8.self), stops)
    }

    /// The same for bytes.
    package static func decodedBytes(_ text: [UInt8], zeroPrefix: Bool) -> (bytes: [UInt8], stops: Bool) {
        var result: [UInt8] = []
        var rest = text[...]
        while let byte = rest.popFirst() {
            guard byte == UInt8(ascii: "\\"), let next = rest.popFirst() else {
                result.append(byte)
                continue
            }
            switch next {
            case UInt8(ascii: "n"): result.append(10)
            case UInt8(ascii: "t"): result.append(9)
            case UInt8(ascii: "r"): result.append(13)
            case UInt8(ascii: "a"): result.append(7)
            case UInt8(ascii: "b"): result.append(8)
            case UInt8(ascii: "f"): result.append(12)
            case UInt8(ascii: "v"): result.append(11)
            case UInt8(ascii: "e"): result.append(27)
            case UInt8(ascii: "\\"): result.append(next)
            case UInt8(ascii: "c"): return (result, true)
            case UInt8(ascii: "x"):
                result.append(number(&rest, radix: 16, digits: 2) ?? UInt8(ascii: "x"))
            case UInt8(ascii: "0"): result.append(number(&rest, radix: 8, digits: 3) ?? 0)
            case UInt8(ascii: "1")...UInt8(ascii: "7") where !zeroPrefix:
                result.append(number(&rest, radix: 8, digits: 2, first: Int(next - UInt8(ascii: "0"))) ?? 0)
            default: result += [byte, next]
            }
        }
        return (result, false)
    }

    private static func number(_ rest: inout ArraySlice<UInt8>, radix: Int, digits: Int, first: Int? = nil) -> UInt8? {
        var value = first ?? 0
        var count = 0
        while count < digits, let byte = rest.first, let digit = Int(String(UnicodeScalar(byte)), radix: radix) {
            value = value * radix + digit
            count += 1
            rest.removeFirst()
        }
        return count == 0 && first == nil ? nil : UInt8(truncatingIfNeeded: value)
    }
}
