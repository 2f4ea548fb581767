/// Deals each flow a hand of queues: two flows share all of theirs only by a small chance, so a flow that fills its own
/// leaves others one that is not full.
///
/// Reference: KEP-1040, "Shuffle sharding".
enum ShuffleShard {
    /// - Parameters:
    ///   - hash: of the flow; evenly distributed.
    ///   - handSize: at most as many as there are queues.
    /// - Returns: different queues, the same for the same flow.
    static func hand(_ hash: UInt64, queues: Int, handSize: Int) -> [Int] {
        var rest = hash
        var hand: [Int] = []
        hand.reserveCapacity(handSize)
        for place in 0..<handSize {
            let left = UInt64(queues - place)
            var card = Int(rest % left)
            rest /= left
            // Counted among those that have not been dealt yet.
            for dealt in hand.sorted() where dealt <= card { card += 1 }
            hand.append(card)
        }
        return hand
    }
}
