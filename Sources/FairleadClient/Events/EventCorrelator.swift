import FairleadModel

/// Decides what to do with an event: drop it, create an Event, or count up an existing one. Pure.
///
/// Modelled on client-go's correlator: equal events are counted up; after ten different messages with the same reason
/// about one object within ten minutes, further ones are combined; and each object gets 25 events at once, then one
/// every five minutes.
///
/// It remembers fingerprints, not texts: thousands of short strings that outlive a burst would pin the memory between
/// them. Two events with the same fingerprint count as one, which is as rare as 64 bits make it.
struct EventCorrelator: Sendable {
    struct Subject: Hashable, Sendable {
        var kind: String
        var namespace: String
        var name: String
        var uid: String
        var apiVersion: String
    }

    /// What has been written for an event.
    struct Known: Sendable {
        /// The time in nanoseconds: the last part of the Event's name.
        var stamp: UInt64
        var count: Int64
        /// By the wall clock.
        var firstSeconds: Int64
    }

    enum Decision: Sendable {
        case drop
        case create(message: String)
        case count(Known, message: String)
    }

    private struct Budget: Sendable {
        var tokens: Double
        var seconds: Int64
    }

    private struct Messages: Sendable {
        var distinct: Int
        var sinceSeconds: Int64
        var lastSeconds: Int64
    }

    private static let burst = 25.0
    private static let secondsPerToken = 300.0
    private static let distinctMessages = 10
    private static let memorySeconds: Int64 = 600
    private static let combinedPrefix = "(combined from similar events): "

    private var budgets = Generations<Budget>()
    /// Keyed by subject, type and reason.
    private var messages = Generations<Messages>()
    /// When a message of such a group was last seen.
    private var seen = Generations<Int64>()
    private var known = Generations<Known>()

    /// - Parameters:
    ///   - part: of the subject, such as a container. What happens to different ones is counted apart, but they share
    ///     the subject's limits.
    ///   - seconds: the time on a clock that never goes back.
    mutating func decide(
        about subject: Subject, part: String = "", type: String, reason: String, message: String, seconds: Int64
    ) -> Decision {
        guard spend(subject, seconds) else { return .drop }
        let group = Self.fingerprint(subject, type, reason)
        let isCombined = isCombined(group, message, seconds)
        let text = isCombined ? Self.combinedPrefix + message : message
        let key = Self.key(group, part, message, isCombined: isCombined)
        guard var event = known[key] else { return .create(message: text) }
        event.count = event.count +| 1
        known[key] = event
        return .count(event, message: text)
    }

    /// Remembers what was written for a `create` decision.
    mutating func remember(
        _ event: Known, about subject: Subject, part: String = "", type: String, reason: String, message: String
    ) {
        let group = Self.fingerprint(subject, type, reason)
        known[Self.key(group, part, message, isCombined: message.hasPrefix(Self.combinedPrefix))] = event
    }

    private mutating func spend(_ subject: Subject, _ seconds: Int64) -> Bool {
        let key = Self.fingerprint(subject)
        var budget = budgets[key] ?? Budget(tokens: Self.burst, seconds: seconds)
        let gained = Double(max(seconds -| budget.seconds, 0)) / Self.secondsPerToken
        budget.tokens = min(budget.tokens + gained, Self.burst)
        budget.seconds = max(seconds, budget.seconds)
        let maySpend = budget.tokens >= 1
        if maySpend { budget.tokens -= 1 }
        budgets[key] = budget
        return maySpend
    }

    private mutating func isCombined(_ group: UInt64, _ message: String, _ seconds: Int64) -> Bool {
        let key = Self.fingerprint(group, message)
        let fresh = Messages(distinct: 0, sinceSeconds: seconds, lastSeconds: seconds)
        var known = messages[group] ?? fresh
        if seconds -| known.lastSeconds > Self.memorySeconds { known = fresh }
        let isNew = known.distinct == 0 || seen[key].map { $0 < known.sinceSeconds } ?? true
        let isCombined = isNew && known.distinct >= Self.distinctMessages
        known.lastSeconds = seconds
        if isNew, !isCombined { known.distinct += 1 }
        if !isCombined { seen[key] = seconds }
        messages[group] = known
        return isCombined
    }

    private static func key(_ group: UInt64, _ part: String, _ message: String, isCombined: Bool) -> UInt64 {
        fingerprint(group, part, isCombined ? combinedPrefix : message)
    }

    private static func fingerprint<each Part: Hashable>(_ parts: repeat each Part) -> UInt64 {
        var hasher = Hasher()
        repeat (each parts).hash(into: &hasher)
        return UInt64(truncatingIfNeeded: hasher.finalize())
    }
}

/// A cache of at most `2 * capacity` entries that forgets the least recently used: every entry used moves to the young
/// generation, and when that is full, the old one is dropped.
private struct Generations<Entry: Sendable>: Sendable {
    private static var capacity: Int { 2048 }

    private var young: [UInt64: Entry] = [:]
    private var old: [UInt64: Entry] = [:]

    subscript(key: UInt64) -> Entry? {
        get { young[key] ?? old[key] }
        set {
            if young.count >= Self.capacity, young[key] == nil {
                old = young
                young = [:]
            }
            young[key] = newValue
        }
    }
}
