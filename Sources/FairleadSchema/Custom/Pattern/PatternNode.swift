/// A parsed pattern.
indirect enum PatternNode: Sendable {
    case empty
    case scalars(ScalarSet)
    case sequence([PatternNode])
    case choice([PatternNode])
    case repetition(PatternNode, minimum: Int, maximum: Int?)
    case assertion(PatternAssertion)
}

/// A place between two characters.
enum PatternAssertion: Sendable {
    case textStart
    case textEnd
    case lineStart
    case lineEnd
    case wordBoundary
    case noWordBoundary

    func holds(_ text: [Unicode.Scalar], _ position: Int) -> Bool {
        switch self {
        case .textStart: return position == 0
        case .textEnd: return position == text.count
        case .lineStart: return position == 0 || text[position - 1] == "\n"
        case .lineEnd: return position == text.count || text[position] == "\n"
        case .wordBoundary, .noWordBoundary:
            let before = position > 0 && Self.isWord(text[position - 1])
            let after = position < text.count && Self.isWord(text[position])
            return (before != after) == (self == .wordBoundary)
        }
    }

    private static func isWord(_ scalar: Unicode.Scalar) -> Bool { ScalarSet.word.contains(scalar) }
}

/// A set of characters: ranges and categories, perhaps turned round.
struct ScalarSet: Sendable {
    var ranges: [ClosedRange<UInt32>] = []
    var categories: [(name: String, isNegated: Bool)] = []
    var isNegated = false

    static let digit = ScalarSet(ranges: [0x30...0x39])
    static let space = ScalarSet(ranges: [0x09...0x0A, 0x0C...0x0D, 0x20...0x20])
    static let word = ScalarSet(ranges: [0x30...0x39, 0x41...0x5A, 0x5F...0x5F, 0x61...0x7A])
    static let everything = ScalarSet(ranges: [0...0x10FFFF])
    static let notNewline = ScalarSet(ranges: [0x0A...0x0A], isNegated: true)

    func contains(_ scalar: Unicode.Scalar) -> Bool {
        let value = scalar.value
        let isIn =
            ranges.contains { $0.contains(value) }
            || categories.contains { Self.category($0.name, scalar) != $0.isNegated }
        return isIn != isNegated
    }

    /// The same as ranges only, for a set inside of a set.
    var plainRanges: [ClosedRange<UInt32>] {
        guard isNegated else { return ranges }
        var result: [ClosedRange<UInt32>] = []
        var start: UInt32 = 0
        for range in ranges.sorted(by: { $0.lowerBound < $1.lowerBound }) {
            if range.lowerBound > start { result.append(start...(range.lowerBound - 1)) }
            start = max(start, range.upperBound + 1)
        }
        if start <= 0x10FFFF { result.append(start...0x10FFFF) }
        return result
    }

    /// With the other case of each ASCII letter.
    var foldingCase: ScalarSet {
        var result = self
        for range in ranges {
            for (letters, other) in [(UInt32(0x41)...0x5A, Int64(32)), (UInt32(0x61)...0x7A, -32)]
            where range.overlaps(letters) {
                let common = range.clamped(to: letters)
                result.ranges.append(
                    UInt32(Int64(common.lowerBound) + other)...UInt32(Int64(common.upperBound) + other))
            }
        }
        return result
    }

    private static func category(_ name: String, _ scalar: Unicode.Scalar) -> Bool {
        let code: String
        switch scalar.properties.generalCategory {
        case .uppercaseLetter: code = "Lu"
        case .lowercaseLetter: code = "Ll"
        case .titlecaseLetter: code = "Lt"
        case .modifierLetter: code = "Lm"
        case .otherLetter: code = "Lo"
        case .nonspacingMark: code = "Mn"
        case .spacingMark: code = "Mc"
        case .enclosingMark: code = "Me"
        case .decimalNumber: code = "Nd"
        case .letterNumber: code = "Nl"
        case .otherNumber: code = "No"
        case .connectorPunctuation: code = "Pc"
        case .dashPunctuation: code = "Pd"
        case .openPunctuation: code = "Ps"
        case .closePunctuation: code = "Pe"
        case .initialPunctuation: code = "Pi"
        case .finalPunctuation: code = "Pf"
        case .otherPunctuation: code = "Po"
        case .mathSymbol: code = "Sm"
        case .currencySymbol: code = "Sc"
        case .modifierSymbol: code = "Sk"
        case .otherSymbol: code = "So"
        case .spaceSeparator: code = "Zs"
        case .lineSeparator: code = "Zl"
        case .paragraphSeparator: code = "Zp"
        case .control: code = "Cc"
        case .format: code = "Cf"
        case .surrogate: code = "Cs"
        case .privateUse: code = "Co"
        default: code = "Cn"
        }
        return code.hasPrefix(name)
    }

    static let categoryNames: Set<String> = [
        "C", "Cc", "Cf", "Co", "Cs", "L", "Ll", "Lm", "Lo", "Lt", "Lu", "M", "Mc", "Me", "Mn", "N", "Nd", "Nl", "No",
        "P", "Pc", "Pd", "Pe", "Pf", "Pi", "Po", "Ps", "S", "Sc", "Sk", "Sm", "So", "Z", "Zl", "Zp", "Zs",
    ]
}
