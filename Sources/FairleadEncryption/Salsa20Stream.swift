/// The key stream of XSalsa20.
///
/// The sixteen words of a block are kept by their diagonals, four words each, so that the four quarter rounds of a round
/// are computed at once.
struct Salsa20Stream {
    fileprivate typealias Words = SIMD4<UInt32>

    fileprivate struct Block {
        var first: Words
        var second: Words
        var third: Words
        var fourth: Words
    }

    private var start: Block

    private static let constant = Words(0x6170_7865, 0x3320_646e, 0x7962_2d32, 0x6b20_6574)

    /// - Parameters:
    ///   - key: 32 bytes.
    ///   - longNonce: 24 bytes.
    init(key: [UInt8], longNonce: [UInt8]) {
        let key = Self.numbers(key)
        let nonce = Self.numbers(longNonce)
        let mixed = Self.rounds(Self.block(key, Array(nonce[0..<4])))
        let subkey = [0, 5, 10, 15, 6, 7, 8, 9].map { mixed.word($0) }
        start = Self.block(subkey, [nonce[4], nonce[5], 0, 0])
    }

    /// Adds the stream, from its beginning, to some bytes.
    func apply(to bytes: inout [UInt8]) {
        var block = start
        var place = 0
        while place < bytes.count {
            let mixed = Self.rounds(block)
            let sums = Block(
                first: mixed.first &+ block.first, second: mixed.second &+ block.second,
                third: mixed.third &+ block.third, fourth: mixed.fourth &+ block.fourth)
            let rest = bytes.count - place
            if rest >= 64 {
                for index in 0..<16 { Self.add(sums.word(index), to: &bytes, at: place &+ 4 &* index) }
            } else {
                for index in 0..<rest {
                    bytes[place + index] ^= UInt8(truncatingIfNeeded: sums.word(index / 4) >> (8 * UInt32(index % 4)))
                }
            }
            place += 64
            block.count()
        }
    }

    @inline(__always)
    private static func add(_ word: UInt32, to bytes: inout [UInt8], at place: Int) {
        bytes[place] ^= UInt8(truncatingIfNeeded: word)
        bytes[place &+ 1] ^= UInt8(truncatingIfNeeded: word >> 8)
        bytes[place &+ 2] ^= UInt8(truncatingIfNeeded: word >> 16)
        bytes[place &+ 3] ^= UInt8(truncatingIfNeeded: word >> 24)
    }

    /// - Parameters:
    ///   - key: eight words.
    ///   - input: four words.
    private static func block(_ key: [UInt32], _ input: [UInt32]) -> Block {
        // In their order, the words are c0 k0 k1 k2, k3 c1 i0 i1, i2 i3 c2 k4, k5 k6 k7 c3.
        Block(
            first: constant, second: Words(key[3], input[3], key[7], key[2]),
            third: Words(input[2], key[6], key[1], input[1]), fourth: Words(key[5], key[0], input[0], key[4]))
    }

    private static func numbers(_ bytes: [UInt8]) -> [UInt32] {
        stride(from: 0, to: bytes.count, by: 4).map { place in
            bytes[place..<place + 4].reversed().reduce(0) { $0 << 8 | UInt32($1) }
        }
    }

    /// The twenty rounds, without the sum at the end.
    private static func rounds(_ start: Block) -> Block {
        var (a, b, c, d) = (start.first, start.second, start.third, start.fourth)
        for _ in 0..<10 {
            b ^= turned(a &+ d, 7)
            c ^= turned(b &+ a, 9)
            d ^= turned(c &+ b, 13)
            a ^= turned(d &+ c, 18)
            // The rows have the same diagonals in another order.
            (b, c, d) = (Words(d[1], d[2], d[3], d[0]), Words(c[2], c[3], c[0], c[1]), Words(b[3], b[0], b[1], b[2]))
            b ^= turned(a &+ d, 7)
            c ^= turned(b &+ a, 9)
            d ^= turned(c &+ b, 13)
            a ^= turned(d &+ c, 18)
            (b, c, d) = (Words(d[1], d[2], d[3], d[0]), Words(c[2], c[3], c[0], c[1]), Words(b[3], b[0], b[1], b[2]))
        }
        return Block(first: a, second: b, third: c, fourth: d)
    }

    @inline(__always)
    private static func turned(_ words: Words, _ bits: UInt32) -> Words { words &<< bits | words &>> (32 &- bits) }
}

extension Salsa20Stream.Block {
    /// The words in the order of the block.
    @inline(__always)
    fileprivate func word(_ index: Int) -> UInt32 {
        // The diagonals are the words 0 5 10 15, 4 9 14 3, 8 13 2 7 and 12 1 6 11.
        let column = index & 3
        switch (index >> 2 &- column) & 3 {
        case 0: return first[column]
        case 1: return second[column]
        case 2: return third[column]
        default: return fourth[column]
        }
    }

    /// The words 8 and 9 are the number of the block.
    fileprivate mutating func count() {
        third[0] &+= 1
        if third[0] == 0 { second[1] &+= 1 }
    }
}
