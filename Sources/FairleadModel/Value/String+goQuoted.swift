extension String {
    /// The text in double quotes, as Go's `%q` prints it.
    package var goQuoted: String {
        var result = "\""
        for scalar in unicodeScalars {
            switch scalar {
            case "\"": result += "\\\""
            case "\\": result += "\\\\"
            case "\u{07}": result += "\\a"
            case "\u{08}": result += "\\b"
            case "\u{0C}": result += "\\f"
            case "\n": result += "\\n"
            case "\r": result += "\\r"
            case "\t": result += "\\t"
            case "\u{0B}": result += "\\v"
            case " "..."~": result.unicodeScalars.append(scalar)
            case "\0"..<" ", "\u{7F}": result += "\\x" + Self.hexadecimal(scalar.value, width: 2)
            default:
                if scalar.isGoPrintable {
                    result.unicodeScalars.append(scalar)
                } else if scalar.value < 0x10000 {
                    result += "\\u" + Self.hexadecimal(scalar.value, width: 4)
                } else {
                    result += "\\U" + Self.hexadecimal(scalar.value, width: 8)
                }
            }
        }
        return result + "\""
    }

    private static func hexadecimal(_ value: UInt32, width: Int) -> String {
        let digits = String(value, radix: 16)
        return String(repeating: "0", count: Swift.max(0, width - digits.count)) + digits
    }
}

extension Unicode.Scalar {
    /// Letters, marks, numbers, punctuation, symbols: Go's unicode.IsPrint without the ASCII space.
    fileprivate var isGoPrintable: Bool {
        switch properties.generalCategory {
        case .control, .format, .surrogate, .privateUse, .unassigned, .spaceSeparator, .lineSeparator,
            .paragraphSeparator:
            false
        default: true
        }
    }
}
