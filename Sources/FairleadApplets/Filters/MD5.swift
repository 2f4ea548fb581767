/// The hash function of RFC 1321, for `md5sum`.
enum MD5 {
    private static let shifts: [UInt32] = [7, 12, 17, 22, 5, 9, 14, 20, 4, 11, 16, 23, 6, 10, 15, 21]

    private static let constants: [UInt32] = (0..<64).map { index in
        UInt32(truncatingIfNeeded: UInt64(abs(sine(Double(index + 1))) * 4_294_967_296))
    }

    /// The sine, by its series, which is as exact as a Double after taking out whole turns.
    private static func sine(_ angle: Double) -> Double {
        let turn = 2 * Double.pi
        let reduced = angle - (angle / turn).rounded() * turn
        var (term, sum) = (reduced, reduced)
        for step in 1...20 {
            term *= -reduced * reduced / Double(2 * step * (2 * step + 1))
            sum += term
        }
        return sum
    }

    static func hash(_ message: [UInt8]) -> [UInt8] {
        var state: [UInt32] = [0x6745_2301, 0xEFCD_AB89, 0x98BA_DCFE, 0x1032_5476]
        var padded = message + [0x80]
        padded += [UInt8](repeating: 0, count: (120 - padded.count % 64) % 64)
        let bits = UInt64(message.count) &* 8
        padded += (0..<8).map { UInt8(truncatingIfNeeded: bits >> UInt64(8 * $0)) }
        for start in stride(from: 0, to: padded.count, by: 64) {
            let words = (0..<16).map { index in
                (0..<4).reduce(UInt32(0)) { $0 | UInt32(padded[start + 4 * index + $1]) << UInt32(8 * $1) }
            }
            var (a, b, c, d) = (state[0], state[1], state[2], state[3])
            for index in 0..<64 {
                let (mixed, place): (UInt32, Int) =
                    switch index / 16 {
                    case 0: (b & c | ~b & d, index)
                    case 1: (d & b | ~d & c, (5 * index + 1) % 16)
                    case 2: (b ^ c ^ d, (3 * index + 5) % 16)
                    default: (c ^ (b | ~d), 7 * index % 16)
                    }
                let sum = a &+ mixed &+ constants[index] &+ words[place]
                let shift = shifts[index / 16 * 4 + index % 4]
                (a, d, c, b) = (d, c, b, b &+ (sum << shift | sum >> (32 - shift)))
            }
            for (index, value) in [a, b, c, d].enumerated() { state[index] &+= value }
        }
        return state.flatMap { word in (0..<4).map { UInt8(truncatingIfNeeded: word >> UInt32(8 * $0)) } }
    }
}
