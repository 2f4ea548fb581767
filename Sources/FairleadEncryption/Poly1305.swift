/// The one-time authenticator of RFC 8439, 2.5, in five limbs of 26 bits.
enum Poly1305 {
    private static let mask: UInt64 = 0x3FF_FFFF

    /// Five limbs, the lowest first. They may be a little larger than 26 bits between two steps.
    private struct Number {
        var a: UInt64 = 0
        var b: UInt64 = 0
        var c: UInt64 = 0
        var d: UInt64 = 0
        var e: UInt64 = 0

        init() {}

        /// - Parameters:
        ///   - low: the lower half of sixteen bytes.
        ///   - high: the upper half.
        init(low: UInt64, high: UInt64) {
            a = low & mask
            b = low >> 26 & mask
            c = (low >> 52 | high << 12) & mask
            d = high >> 14 & mask
            e = high >> 40
        }

        mutating func add(_ other: Number) {
            a &+= other.a
            b &+= other.b
            c &+= other.c
            d &+= other.d
            e &+= other.e
        }

        /// What leaves at the top comes back at the bottom, times five.
        mutating func multiply(by r: Number) {
            let (b5, c5, d5, e5) = (5 &* r.b, 5 &* r.c, 5 &* r.d, 5 &* r.e)
            let na = a &* r.a &+ b &* e5 &+ c &* d5 &+ d &* c5 &+ e &* b5
            let nb = a &* r.b &+ b &* r.a &+ c &* e5 &+ d &* d5 &+ e &* c5
            let nc = a &* r.c &+ b &* r.b &+ c &* r.a &+ d &* e5 &+ e &* d5
            let nd = a &* r.d &+ b &* r.c &+ c &* r.b &+ d &* r.a &+ e &* e5
            let ne = a &* r.e &+ b &* r.d &+ c &* r.c &+ d &* r.b &+ e &* r.a
            (a, b, c, d, e) = (na, nb, nc, nd, ne)
            carry()
        }

        mutating func carry() {
            for _ in 0..<2 {
                b &+= a >> 26
                a &= mask
                c &+= b >> 26
                b &= mask
                d &+= c >> 26
                c &= mask
                e &+= d >> 26
                d &= mask
                a &+= 5 &* (e >> 26)
                e &= mask
            }
        }

        /// The number less p if that is not negative, chosen without a branch.
        var reduced: Number {
            var h = self
            h.carry()
            var g = h
            g.a &+= 5
            g.b &+= g.a >> 26
            g.c &+= g.b >> 26
            g.d &+= g.c >> 26
            g.e = g.e &+ (g.d >> 26) &- (1 << 26)
            let isSmaller = 0 &- (g.e >> 63)
            let other = ~isSmaller & mask
            h.a = h.a & isSmaller | g.a & other
            h.b = h.b & isSmaller | g.b & other
            h.c = h.c & isSmaller | g.c & other
            h.d = h.d & isSmaller | g.d & other
            h.e = h.e & isSmaller | g.e & other
            return h
        }
    }

    /// - Parameter key: 32 bytes.
    static func tag(of message: ArraySlice<UInt8>, key: [UInt8]) -> [UInt8] {
        let r = Number(
            low: half(key[...], 0) & 0x0FFF_FFFC_0FFF_FFFF, high: half(key[...], 8) & 0x0FFF_FFFC_0FFF_FFFC)
        var h = Number()
        var place = message.startIndex
        while message.endIndex - place >= 16 {
            var block = Number(low: half(message, place), high: half(message, place &+ 8))
            block.e |= 1 << 24
            h.add(block)
            h.multiply(by: r)
            place += 16
        }
        if place < message.endIndex {
            let rest = Array(message[place...])
            let padded = (rest + [1] + [UInt8](repeating: 0, count: 15 - rest.count))[...]
            h.add(Number(low: half(padded, 0), high: half(padded, 8)))
            h.multiply(by: r)
        }
        let last = h.reduced
        let low = last.a | last.b << 26 | last.c << 52
        let high = last.c >> 12 | last.d << 14 | last.e << 40
        let (lowSum, overflow) = low.addingReportingOverflow(half(key[...], 16))
        let highSum = high &+ half(key[...], 24) &+ (overflow ? 1 : 0)
        return [lowSum, highSum].flatMap { word in
            (0..<8).map { UInt8(truncatingIfNeeded: word >> (8 * UInt64($0))) }
        }
    }

    /// The number that eight bytes make, the lowest first.
    @inline(__always)
    private static func half(_ bytes: ArraySlice<UInt8>, _ place: Int) -> UInt64 {
        var number: UInt64 = 0
        for offset in 0..<8 { number |= UInt64(bytes[place &+ offset]) &<< (8 &* UInt64(offset)) }
        return number
    }
}
