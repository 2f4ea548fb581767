import FairleadModel

/// Consecutive numbers, the first of which are reserved for clients that choose a number themselves.
///
/// Numbers are allocated from the upper, dynamic band first; the lower one is used only once that is full.
/// Reference: KEP-3070 (cluster IPs), KEP-3668 (node ports).
struct AllocationBand {
    let size: UInt128
    let staticSize: UInt128

    /// The static band is one `step`th of all numbers, but at least `minimum` and at most `maximum`; a range smaller
    /// than `minimum` has none.
    init(size: UInt128, minimum: UInt128, step: UInt128, maximum: UInt128) {
        self.size = size
        staticSize = size < minimum ? 0 : min(max(minimum, size / step), maximum)
    }

    /// The first free number, starting at a random position.
    ///
    /// Takes one or two probes unless the range is crowded, and never more than the number of taken numbers plus one:
    /// wherever the scan starts, one of that many distinct numbers must be free.
    func next(_ environment: Environment, isFree: (UInt128) -> Bool) -> UInt128? {
        for band in [staticSize..<size, 0..<staticSize] {
            if let number = scan(band, probes: size, environment, isFree) { return number }
        }
        return nil
    }

    /// A free number of the dynamic band; gives up after a few probes.
    func probe(_ environment: Environment, isFree: (UInt128) -> Bool) -> UInt128? {
        scan(staticSize..<size, probes: 64, environment, isFree)
    }

    /// The first free number of a band, starting at a random position; looks at no more than `probes` numbers.
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

    /// A random number from the environment's random letters, each one of 27.
    static func random(below limit: UInt128, _ environment: Environment) -> UInt128 {
        let base = UInt64(Environment.suffixAlphabet.count)
        var number: UInt64 = 0
        for letter in environment.randomSuffix(13).utf8 {
            number = number * base + UInt64(Environment.suffixAlphabet.firstIndex(of: letter) ?? 0)
        }
        return limit > UInt128(UInt64.max) ? UInt128(number) : UInt128(number % UInt64(limit))
    }
}
