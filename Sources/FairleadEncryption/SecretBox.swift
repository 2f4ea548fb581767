/// XSalsa20-Poly1305, as NaCl's `crypto_secretbox` has it; no library that Swift programs can link has it.
///
/// Reference: D. J. Bernstein, "Extending the Salsa20 nonce"; RFC 8439, 2.5 for Poly1305. Nothing here branches or
/// looks anything up by secret data.
enum SecretBox {
    static let nonceBytes = 24
    static let tagBytes = 16

    /// - Parameters:
    ///   - key: 32 bytes.
    ///   - nonce: 24 bytes, never used before with this key.
    /// - Returns: the tag and the ciphertext.
    static func seal(_ value: [UInt8], key: [UInt8], nonce: [UInt8]) -> [UInt8] {
        var stream = Salsa20Stream(key: key, longNonce: nonce)
        let oneTimeKey = stream.next(32)
        let ciphertext = zip(value, stream.next(value.count)).map { $0 ^ $1 }
        return Poly1305.tag(of: ciphertext[...], key: oneTimeKey) + ciphertext
    }

    /// - Returns: nil if the key does not fit, or the box was changed.
    static func open(_ box: ArraySlice<UInt8>, key: [UInt8], nonce: [UInt8]) -> [UInt8]? {
        guard nonce.count == nonceBytes, box.count >= tagBytes else { return nil }
        var stream = Salsa20Stream(key: key, longNonce: nonce)
        let oneTimeKey = stream.next(32)
        let ciphertext = box.dropFirst(tagBytes)
        let differences = zip(Poly1305.tag(of: ciphertext, key: oneTimeKey), box).reduce(UInt8(0)) {
            $0 | ($1.0 ^ $1.1)
        }
        guard differences == 0 else { return nil }
        return zip(ciphertext, stream.next(ciphertext.count)).map { $0 ^ $1 }
    }
}

/// The key stream of XSalsa20.
struct Salsa20Stream {
    private var state: [UInt32]
    private var left: ArraySlice<UInt8> = []

    private static let words: [UInt32] = [0x6170_7865, 0x3320_646e, 0x7962_2d32, 0x6b20_6574]

    init(key: [UInt8], longNonce: [UInt8]) {
        let nonce = Self.numbers(longNonce)
        let first = Self.rounds(Self.block(Self.numbers(key), Array(nonce[0..<4])))
        let subkey = [0, 5, 10, 15, 6, 7, 8, 9].map { first[$0] }
        state = Self.block(subkey, [nonce[4], nonce[5], 0, 0])
    }

    mutating func next(_ count: Int) -> [UInt8] {
        var bytes: [UInt8] = []
        bytes.reserveCapacity(count)
        while bytes.count < count {
            if left.isEmpty {
                left =
                    zip(Self.rounds(state), state).flatMap { word, start in
                        let sum = word &+ start
                        return [
                            UInt8(truncatingIfNeeded: sum), UInt8(truncatingIfNeeded: sum >> 8),
                            UInt8(truncatingIfNeeded: sum >> 16), UInt8(truncatingIfNeeded: sum >> 24),
                        ]
                    }[...]
                state[8] &+= 1
                if state[8] == 0 { state[9] &+= 1 }
            }
            let taken = left.prefix(count - bytes.count)
            bytes += taken
            left = left.dropFirst(taken.count)
        }
        return bytes
    }

    private static func block(_ key: [UInt32], _ input: [UInt32]) -> [UInt32] {
        [words[0]] + key[0..<4] + [words[1]] + input + [words[2]] + key[4..<8] + [words[3]]
    }

    private static func numbers(_ bytes: [UInt8]) -> [UInt32] {
        var numbers: [UInt32] = []
        for place in stride(from: 0, to: bytes.count, by: 4) { numbers.append(bytes[place..<place + 4].littleEndian) }
        return numbers
    }

    /// The twenty rounds, without the sum at the end.
    private static func rounds(_ start: [UInt32]) -> [UInt32] {
        var x = start
        func quarter(_ a: Int, _ b: Int, _ c: Int, _ d: Int) {
            func turned(_ value: UInt32, _ bits: UInt32) -> UInt32 { value << bits | value >> (32 - bits) }
            x[b] ^= turned(x[a] &+ x[d], 7)
            x[c] ^= turned(x[b] &+ x[a], 9)
            x[d] ^= turned(x[c] &+ x[b], 13)
            x[a] ^= turned(x[d] &+ x[c], 18)
        }
        for _ in 0..<10 {
            quarter(0, 4, 8, 12)
            quarter(5, 9, 13, 1)
            quarter(10, 14, 2, 6)
            quarter(15, 3, 7, 11)
            quarter(0, 1, 2, 3)
            quarter(5, 6, 7, 4)
            quarter(10, 11, 8, 9)
            quarter(15, 12, 13, 14)
        }
        return x
    }
}

/// The one-time authenticator, in five limbs of 26 bits.
enum Poly1305 {
    /// - Parameter key: 32 bytes.
    static func tag(of message: ArraySlice<UInt8>, key: [UInt8]) -> [UInt8] {
        let mask: UInt64 = 0x3FF_FFFF
        func limbs(_ bytes: ArraySlice<UInt8>) -> [UInt64] {
            func number(_ place: Int) -> UInt64 {
                let start = bytes.startIndex + place
                return UInt64(bytes[start..<start + 4].littleEndian)
            }
            return [
                number(0) & mask, number(3) >> 2 & mask, number(6) >> 4 & mask, number(9) >> 6 & mask,
                number(12) >> 8,
            ]
        }
        let clamp: [UInt64] = [0x3FF_FFFF, 0x3FF_FF03, 0x3FF_C0FF, 0x3F0_3FFF, 0x00F_FFFF]
        let r = zip(limbs(key[0..<16]), clamp).map { $0 & $1 }
        var h: [UInt64] = [0, 0, 0, 0, 0]
        func carry() {
            for _ in 0..<2 {
                for place in 0..<4 {
                    h[place + 1] &+= h[place] >> 26
                    h[place] &= mask
                }
                h[0] &+= 5 &* (h[4] >> 26)
                h[4] &= mask
            }
        }
        var rest = message
        while !rest.isEmpty {
            let whole = rest.count >= 16
            let block = rest.prefix(16)
            rest = rest.dropFirst(16)
            let padded = whole ? block : (block + [1] + [UInt8](repeating: 0, count: 15 - block.count))[...]
            for (place, limb) in limbs(padded).enumerated() { h[place] &+= limb }
            if whole { h[4] &+= 1 << 24 }
            var product: [UInt64] = [0, 0, 0, 0, 0]
            for i in 0..<5 {
                for j in 0..<5 {
                    // What leaves at the top comes back at the bottom, times five.
                    product[(i + j) % 5] &+= h[i] &* r[j] &* (i + j >= 5 ? 5 : 1)
                }
            }
            h = product
            carry()
        }
        // h - p if that is not negative, chosen without a branch.
        carry()
        var g = h
        g[0] &+= 5
        for place in 0..<4 {
            g[place + 1] &+= g[place] >> 26
            g[place] &= mask
        }
        g[4] = g[4] &- (1 << 26)
        let isSmaller = 0 &- (g[4] >> 63)
        for place in 0..<5 { h[place] = (h[place] & isSmaller) | (g[place] & ~isSmaller & mask) }
        // Four words of 32 bits, plus the other half of the key.
        var words: [UInt64] = []
        for (low, high) in [(0, 0), (1, 6), (2, 12), (3, 18)] {
            let shift = UInt64(26 - high)
            let word: UInt64 = (h[low] >> UInt64(high)) | (h[low + 1] << shift)
            words.append(word & 0xFFFF_FFFF)
        }
        var tag: [UInt8] = []
        var sum: UInt64 = 0
        for (place, word) in words.enumerated() {
            let start = 16 + 4 * place
            sum &+= word
            sum &+= UInt64(key[start..<start + 4].littleEndian)
            for shift in [0, 8, 16, 24] as [UInt64] { tag.append(UInt8(truncatingIfNeeded: sum >> shift)) }
            sum >>= 32
        }
        return tag
    }
}

extension ArraySlice<UInt8> {
    /// The number that four bytes make, the lowest first.
    fileprivate var littleEndian: UInt32 {
        var number: UInt32 = 0
        for byte in reversed() { number = number << 8 | UInt32(byte) }
        return number
    }
}
