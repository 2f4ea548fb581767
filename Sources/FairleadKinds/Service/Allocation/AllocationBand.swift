import FairleadModel

/// Consecutive numbers of which some at the beginning are kept back for clients that choose a number themselves.
///
/// Numbers are handed out from the upper, dynamic band first; the lower one is used only when that is full.
/// Reference: KEP-3070 (cluster IPs), KEP-3668 (node ports).
struct AllocationBand {
    let size: UInt128
    let staticSize: UInt128

    /// - Parameters: the static band is one `step`th of all, but at least `minimum` and at most `maximum`; a range
    ///   smaller than `minimum` has none.
    init(size: UInt128, minimum: UInt128, step: UInt128, maximum: UInt128) {
        self.size = size
        staticSize = size < minimum ? 0 : min(max(minimum, size / step), maximum)
    }

    /// The first free number, beginning at a random place.
    ///
    /// Takes one or two probes as long as the range is not crowded, and never more than there are numbers taken, plus
    /// one: whatever place the scan begins at, one of so many different numbers must be free.
    func next(_ environment: Environment, isFree: (UInt128) -> Bool) -> UInt128? {
        for band in [staticSize..<size, 0..<staticSize] {
            if let number = scan(band, probes: size, environment, isFree) { return number }
        }
        return nil
    }

    /// A free number of the dynamic band, found in a few probes or not at all.
    func probe(_ environment: Environment, isFree: (UInt128) -> Bool) -> UInt128? {
        scan(staticSize..<size, probes: 64, environment, isFree)
    }

    /// The first free number of a band, beginning at a random place; looks at so many at most.
    private func scan(
        _ band: Range<UInt128>, probes: UInt128, _ environment: Environment, _ isFree: (UInt128) -> Bool
    ) -> UInt128? {
        if band.isEmpty { return nil }
        let length = band.upperBound - band.lowerBound
        let start = Self.random(below: length, environment)
        var step: UInt128 = 0
        while step < min(probes, length) {
            let number = band.lowerBound + (start + step) % length
            if isFree(number) { return number }
            step += 1
        }
        return nil
    }

    /// A number from the environment's letters: each is one of 27.
    static func random(below limit: UInt128, _ environment: Environment) -> UInt128 {
        let base = UInt64(Environment.suffixAlphabet.count)
        var number: UInt64 = 0
        for letter in environment.randomSuffix(13).utf8 {
            number = number * base + UInt64(Environment.suffixAlphabet.firstIndex(of: letter) ?? 0)
        }
        return limit > UInt128(UInt64.max) ? UInt128(number) : UInt128(number % UInt64(limit))
    }
}
