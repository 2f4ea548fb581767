#if canImport(Glibc)
    import Glibc
#elseif canImport(Musl)
    import Musl
#else
    import Darwin
#endif

/// The sources of time, identity and randomness, passed to whatever needs them, so that whole runs can be replayed.
package struct Environment: Sendable {
    package var now: @Sendable () -> Timestamp
    /// A new version 4 UUID, in lower case.
    package var newUID: @Sendable () -> String
    /// A suffix of the given length, of the characters `bcdfghjklmnpqrstvwxz2456789`: no vowels and no digits that
    /// resemble them, so that no words result (k8s.io/apimachinery `util/rand`).
    package var randomSuffix: @Sendable (Int) -> String

    /// A number in the range 0..<1.
    package var randomFraction: @Sendable () -> Double

    package init(
        now: @escaping @Sendable () -> Timestamp, newUID: @escaping @Sendable () -> String,
        randomSuffix: @escaping @Sendable (Int) -> String,
        randomFraction: @escaping @Sendable () -> Double = { 0.5 }
    ) {
        self.now = now
        self.newUID = newUID
        self.randomSuffix = randomSuffix
        self.randomFraction = randomFraction
    }

    package static let suffixAlphabet: [UInt8] = Array("bcdfghjklmnpqrstvwxz2456789".utf8)

    /// The machine's clock and random numbers.
    package static let live = Environment(
        now: {
            var time = timespec()
            clock_gettime(CLOCK_REALTIME, &time)
            return Timestamp(seconds: Int64(time.tv_sec), nanoseconds: Int32(time.tv_nsec))
        },
        newUID: {
            RandomPool.shared.take { generator in uuid(high: generator.next(), low: generator.next()) }
        },
        randomSuffix: { length in
            RandomPool.shared.take { generator in
                let count = UInt64(suffixAlphabet.count)
                var word: UInt64 = 0
                let letters = (0..<length).map { index in
                    // With eight letters per word, no letter is more frequent than another by more than a part in 2^25.
                    word = index % 8 == 0 ? generator.next() : word / count
                    return suffixAlphabet[Int(word % count)]
                }
                return String(decoding: letters, as: UTF8.self)
            }
        },
        randomFraction: { RandomPool.shared.take { Double.random(in: 0..<1, using: &$0) } })

    /// A version 4 UUID (RFC 9562), with 122 of these bits.
    package static func uuid(high: UInt64, low: UInt64) -> String {
        let high = high & ~0xF000 | 0x4000
        let low = low & ~(0xC000 << 48) | 0x8000 << 48
        let digits = Array("0123456789abcdef".utf8)
        var bytes: [UInt8] = []
        bytes.reserveCapacity(36)
        for (half, number) in [high, low].enumerated() {
            for nibble in 0..<16 {
                let position = half * 16 + nibble
                if position == 8 || position == 12 || position == 16 || position == 20 {
                    bytes.append(UInt8(ascii: "-"))
                }
                bytes.append(digits[Int(truncatingIfNeeded: number >> UInt64(60 - 4 * nibble)) & 15])
            }
        }
        return String(decoding: bytes, as: UTF8.self)
    }
}
