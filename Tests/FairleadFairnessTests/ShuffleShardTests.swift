import Testing

@testable import FairleadFairness

struct ShuffleShardTests {
    @Test(arguments: [(1, 1), (4, 4), (64, 8), (128, 6), (10_000_000, 7)])
    func aHandHasDifferentCardsOfTheDeck(queues: Int, handSize: Int) {
        var random = SystemRandomNumberGenerator()
        for _ in 0..<200 {
            let hash = random.next()
            let hand = ShuffleShard.hand(hash, queues: queues, handSize: handSize)
            #expect(hand.count == handSize)
            #expect(Set(hand).count == handSize)
            #expect(hand.allSatisfy { (0..<queues).contains($0) })
            #expect(hand == ShuffleShard.hand(hash, queues: queues, handSize: handSize))
        }
    }

    /// Every hand of two out of four is dealt as often as every other.
    @Test func allHandsAreEquallyLikely() {
        var counts: [[Int]: Int] = [:]
        for hash in 0..<UInt64(12_000) { counts[ShuffleShard.hand(hash, queues: 4, handSize: 2), default: 0] += 1 }
        #expect(counts.count == 12)
        #expect(counts.values.allSatisfy { $0 == 1000 })
    }
}
