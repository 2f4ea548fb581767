import FairleadModel

/// A set of characters: ranges and categories, possibly negated.
struct ScalarSet: Sendable {
    var ranges: [ClosedRange<UInt32>] = []
    /// One bit for each of Unicode's general categories.
    var categories: UInt32 = 0
    var isNegated = false

    static let digit = ScalarSet(ranges: [0x30...0x39])
    static let space = ScalarSet(ranges: [0x09...0x0A, 0x0C...0x0D, 0x20...0x20])
    static let word = ScalarSet(ranges: [0x30...0x39, 0x41...0x5A, 0x5F...0x5F, 0x61...0x7A])
    static let everything = ScalarSet(ranges: [0...0x10FFFF])
    static let notNewline = ScalarSet(ranges: [0x0A...0x0A], isNegated: true)

    private static let few = 8

    /// If there are more than a few ranges, they must be sorted and disjoint.
    func contains(_ scalar: Unicode.Scalar) -> Bool {
        let value = scalar.value
        var isIn: Bool
        if ranges.count <= Self.few {
            isIn = ranges.contains { $0.contains(value) }
        } else {
            let index = ranges.partitionPoint { $0.upperBound < value }
            isIn = index < ranges.count && ranges[index].contains(value)
        }
        if !isIn, categories != 0 { isIn = categories & (1 << Self.bit(scalar.properties.generalCategory)) != 0 }
        return isIn != isNegated
    }

    /// The same set with sorted ranges, adjacent ones combined.
    var normalized: ScalarSet {
        guard ranges.count > 1 else { return self }
        var result = self
        result.ranges = []
        for range in ranges.sorted(by: { $0.lowerBound < $1.lowerBound }) {
            if let last = result.ranges.last, range.lowerBound <= last.upperBound + 1 {
                result.ranges[result.ranges.count - 1] = last.lowerBound...max(last.upperBound, range.upperBound)
            } else {
                result.ranges.append(range)
            }
        }
        return result
    }

    /// The same set as ranges only, for use inside another set.
    var plainRanges: [ClosedRange<UInt32>] {
        guard isNegated else { return ranges }
        var result: [ClosedRange<UInt32>] = []
        var start: UInt32 = 0
        for range in normalized.ranges {
            if range.lowerBound > start { result.append(start...(range.lowerBound - 1)) }
            start = max(start, range.upperBound + 1)
        }
        if start <= 0x10FFFF { result.append(start...0x10FFFF) }
        return result
    }

    /// The same set, with both cases of every ASCII letter.
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

    // MARK: Categories

    private static let codes: [String] = [
        "Lu", "Ll", "Lt", "Lm", "Lo", "Mn", "Mc", "Me", "Nd", "Nl", "No", "Pc", "Pd", "Ps", "Pe", "Pi", "Pf", "Po",
        "Sm", "Sc", "Sk", "So", "Zs", "Zl", "Zp", "Cc", "Cf", "Cs", "Co", "Cn",
    ]

    /// The bits of a category (`Lu`) or a group of categories (`L`); nil for an unknown name.
    static func categories(named name: String) -> UInt32? {
        guard !name.isEmpty, name != "Cn" else { return nil }
        var bits: UInt32 = 0
        for (index, code) in codes.enumerated() where code.hasPrefix(name) { bits |= 1 << UInt32(index) }
        return bits == 0 ? nil : bits
    }

    static let allCategories: UInt32 = (1 << 30) - 1

    /// The index in `codes`.
    private static func bit(_ category: Unicode.GeneralCategory) -> UInt32 {
        switch category {
        case .uppercaseLetter: 0
        case .lowercaseLetter: 1
        case .titlecaseLetter: 2
        case .modifierLetter: 3
        case .otherLetter: 4
        case .nonspacingMark: 5
        case .spacingMark: 6
        case .enclosingMark: 7
        case .decimalNumber: 8
        case .letterNumber: 9
        case .otherNumber: 10
        case .connectorPunctuation: 11
        case .dashPunctuation: 12
        case .openPunctuation: 13
        case .closePunctuation: 14
        case .initialPunctuation: 15
        case .finalPunctuation: 16
        case .otherPunctuation: 17
        case .mathSymbol: 18
        case .currencySymbol: 19
        case .modifierSymbol: 20
        case .otherSymbol: 21
        case .spaceSeparator: 22
        case .lineSeparator: 23
        case .paragraphSeparator: 24
        case .control: 25
        case .format: 26
        case .surrogate: 27
        case .privateUse: 28
        default: 29
        }
    }
}
