import FairleadModel

/// Decides what becomes of an event: dropped, a new object, or one more of a known one. Pure.
///
/// After client-go's correlator: equal events count up; after ten different messages of one reason about one object
/// within ten minutes the rest are combined; and one object gets 25 events at once, then one every five minutes.
struct EventCorrelator: Sendable {
    struct Subject: Hashable, Sendable {
        var kind: String
        var namespace: String
        var name: String
        var uid: String
        var apiVersion: String
    }

    struct Known: Sendable {
        var name: String
        var count: Int64
        /// Of the time of day.
        var firstSeconds: Int64
    }

    enum Decision: Sendable {
        case drop
        case create(message: String)
        case count(Known, message: String)
    }

    private struct Group: Hashable {
        var subject: Subject
        var type: String
        var reason: String
    }

    private struct Same: Hashable {
        var group: Group
        var message: String
    }

    private struct Budget {
        var tokens: Double
        var seconds: Int64
    }

    private struct Messages {
        var distinct: Set<String>
        var lastSeconds: Int64
    }

    private static let burst = 25.0
    private static let secondsPerToken = 300.0
    private static let distinctMessages = 10
    private static let memorySeconds: Int64 = 600
    /// Beyond this many entries the memory starts afresh: wrong counts are better than growth without end.
    private static let capacity = 4096

    private var budgets: [Subject: Budget] = [:]
    private var messages: [Group: Messages] = [:]
    private var known: [Same: Known] = [:]

    /// - Parameter seconds: of a clock that never goes back.
    mutating func decide(
        about subject: Subject, type: String, reason: String, message: String, seconds: Int64
    ) -> Decision {
        guard spend(subject, seconds) else { return .drop }
        let group = Group(subject: subject, type: type, reason: reason)
        let text = combined(group, message, seconds) ?? message
        let key = text == message ? message : "(combined)"
        if var known = known[Same(group: group, message: key)] {
            known.count = known.count +| 1
            self.known[Same(group: group, message: key)] = known
            return .count(known, message: text)
        }
        return .create(message: text)
    }

    /// Remembers what was written for a `create` decision.
    mutating func remember(_ event: Known, about subject: Subject, type: String, reason: String, message: String) {
        if known.count >= Self.capacity { known.removeAll(keepingCapacity: true) }
        let group = Group(subject: subject, type: type, reason: reason)
        let key = message.hasPrefix(Self.combinedPrefix) ? "(combined)" : message
        known[Same(group: group, message: key)] = event
    }

    private static let combinedPrefix = "(combined from similar events): "

    private mutating func spend(_ subject: Subject, _ seconds: Int64) -> Bool {
        if budgets.count >= Self.capacity { budgets.removeAll(keepingCapacity: true) }
        var budget = budgets[subject] ?? Budget(tokens: Self.burst, seconds: seconds)
        let gained = Double(max(seconds -| budget.seconds, 0)) / Self.secondsPerToken
        budget.tokens = min(budget.tokens + gained, Self.burst)
        budget.seconds = max(seconds, budget.seconds)
        let maySpend = budget.tokens >= 1
        if maySpend { budget.tokens -= 1 }
        budgets[subject] = budget
        return maySpend
    }

    private mutating func combined(_ group: Group, _ message: String, _ seconds: Int64) -> String? {
        if messages.count >= Self.capacity { messages.removeAll(keepingCapacity: true) }
        var seen = messages[group] ?? Messages(distinct: [], lastSeconds: seconds)
        if seconds -| seen.lastSeconds > Self.memorySeconds { seen.distinct = [] }
        seen.lastSeconds = seconds
        let isCombined = seen.distinct.count >= Self.distinctMessages && !seen.distinct.contains(message)
        if !isCombined { seen.distinct.insert(message) }
        messages[group] = seen
        return isCombined ? Self.combinedPrefix + message : nil
    }
}
