import FairleadModel

/// What a PriorityLevelConfiguration says.
struct LevelLimits: Sendable, Equatable {
    struct Queuing: Sendable, Equatable {
        var queues: Int
        var handSize: Int
        /// How many requests may wait in each queue.
        var length: Int
    }

    var name: String
    var uid = ""
    var isExempt = false
    var shares = 0
    /// How much of its part others may use while it does not, in percent.
    var lendablePercent = 0
    /// How much more it may use of theirs, in percent of its own part; nil for all that there is.
    var borrowingPercent: Int?
    /// nil if what is too much is refused.
    var queuing: Queuing?

    /// What is not limited, and what is refused at once when there is too much: levels that are always there.
    static let exempt = LevelLimits(name: "exempt", isExempt: true)
    static let catchAll = LevelLimits(name: "catch-all", shares: 5)

    init(name: String, isExempt: Bool = false, shares: Int = 0, queuing: Queuing? = nil) {
        self.name = name
        self.isExempt = isExempt
        self.shares = shares
        self.queuing = queuing
    }

    init(_ object: Value) {
        name = object.name
        uid = object.uid
        let spec = object["spec"] ?? .null
        isExempt = spec.text("type") == "Exempt"
        guard !isExempt, let limited = spec["limited"] else { return }
        func number(_ value: Value?, _ usual: Int, _ range: ClosedRange<Int>) -> Int {
            guard let number = value?.int else { return usual }
            return min(max(Int(clamping: number), range.lowerBound), range.upperBound)
        }
        let most = Int(Int32.max)
        shares = number(limited["nominalConcurrencyShares"], 30, 0...most)
        lendablePercent = number(limited["lendablePercent"], 0, 0...100)
        if let percent = limited["borrowingLimitPercent"]?.int { borrowingPercent = number(.int(percent), 0, 0...most) }
        guard limited.text("limitResponse", "type") == "Queue" else { return }
        let queuing = limited.at("limitResponse", "queuing")
        let queues = number(queuing?["queues"], 64, 1...10_000_000)
        self.queuing = Queuing(
            queues: queues, handSize: number(queuing?["handSize"], 8, 1...min(queues, 64)),
            length: number(queuing?["queueLengthLimit"], 50, 1...most))
    }
}
