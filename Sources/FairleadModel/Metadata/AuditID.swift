import Synchronization

/// Request ids: unique, cheap to create, in the form of random UUIDs. They are not secret.
package enum AuditID {
    private static let process = (UInt64.random(in: .min ... .max), UInt64.random(in: .min ... .max))
    private static let counter = Atomic<UInt64>(0)

    package static func next() -> String {
        let (high, low) = process
        // Multiplying by an odd factor is a bijection, and makes neighbours look different.
        let number = counter.wrappingAdd(1, ordering: .relaxed).newValue &* 0x9E37_79B9_7F4A_7C15
        let first = high & 0xFFFF_FFFF_FFFF_0FFF | 0x4000
        let second = (low ^ number) & 0x3FFF_FFFF_FFFF_FFFF | 0x8000_0000_0000_0000
        return String(unsafeUninitializedCapacity: 36) { buffer in
            var place = 0
            func write(_ word: UInt64, _ digits: Range<Int>) {
                for digit in digits {
                    let nibble = UInt8(truncatingIfNeeded: word >> UInt64(60 - 4 * digit)) & 15
                    buffer[place] = nibble < 10 ? 0x30 + nibble : 0x57 + nibble
                    place += 1
                }
            }
            func dash() {
                buffer[place] = 0x2D
                place += 1
            }
            write(first, 0..<8)
            dash()
            write(first, 8..<12)
            dash()
            write(first, 12..<16)
            dash()
            write(second, 0..<4)
            dash()
            write(second, 4..<16)
            return place
        }
    }
}
