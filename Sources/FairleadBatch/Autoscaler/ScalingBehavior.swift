import FairleadModel

/// What an autoscaler remembers of itself: recommendations and changes of the last minutes, on a monotonic clock.
struct AutoscalerMemory: Sendable {
    struct Event: Hashable, Sendable {
        var replicas: Int64
        var at: Duration
    }

    var recommendations: [Event] = []
    var ups: [Event] = []
    var downs: [Event] = []

    /// Longer than any window that validation lets through.
    private static let longest = Duration.seconds(3600)

    mutating func forget(before now: Duration) {
        for list in [\AutoscalerMemory.recommendations, \.ups, \.downs] {
            self[keyPath: list].removeAll { now - $0.at > Self.longest }
        }
    }

    mutating func noteChange(from old: Int64, to new: Int64, at now: Duration) {
        if new > old { ups.append(Event(replicas: new -| old, at: now)) }
        if new < old { downs.append(Event(replicas: old -| new, at: now)) }
    }
}

/// How fast an autoscaler may follow its metrics. Pure.
///
/// Reference: k8s.io/kubernetes `pkg/controller/podautoscaler/horizontal.go`; "Configurable scaling behavior".
struct ScalingBehavior {
    struct Outcome: Hashable {
        var replicas: Int64
        /// Reason and message of AbleToScale.
        var able: (reason: String, message: String)
        var isLimited: Bool
        /// Reason and message of ScalingLimited.
        var limit: (reason: String, message: String)

        static func == (left: Outcome, right: Outcome) -> Bool {
            left.replicas == right.replicas && left.able == right.able && left.isLimited == right.isLimited
                && left.limit == right.limit
        }

        func hash(into hasher: inout Hasher) { hasher.combine(replicas) }
    }

    private enum Direction { case up, down }

    /// `spec.behavior`; nil if there is none.
    let behavior: Value?
    let least: Int64
    let most: Int64
    let now: Duration

    /// What is done about a number of replicas that the metrics ask for; remembers that they did.
    func apply(_ desired: Int64, current: Int64, _ memory: inout AutoscalerMemory) -> Outcome {
        memory.forget(before: now)
        if memory.recommendations.isEmpty {
            memory.recommendations.append(.init(replicas: current, at: now))
        }
        let (stable, why) = stabilized(desired, current, memory)
        memory.recommendations.append(.init(replicas: desired, at: now))
        let able =
            stable == desired ? ("ReadyForNewScale", "recommended size matches current size") : why
        let (replicas, limit) = behavior == nil ? plainLimit(stable, current) : limited(stable, current, memory)
        return Outcome(replicas: replicas, able: able, isLimited: replicas != stable, limit: limit)
    }

    private static let within = ("DesiredWithinRange", "the desired count is within the acceptable range")
    private static let tooFew = (
        "TooFewReplicas", "the desired replica count is less than the minimum replica count"
    )
    private static let tooMany = (
        "TooManyReplicas", "the desired replica count is more than the maximum replica count"
    )
    private static let tooFast = (
        "ScaleUpLimit", "the desired replica count is increasing faster than the maximum scale rate"
    )
    private static let tooFastDown = (
        "ScaleDownLimit", "the desired replica count is decreasing faster than the maximum scale rate"
    )

    // MARK: - stabilization

    private func stabilized(
        _ desired: Int64, _ current: Int64, _ memory: AutoscalerMemory
    ) -> (Int64, (reason: String, message: String)) {
        let isUp = behavior != nil && desired >= current
        let seconds = isUp ? self.window(.up) : self.window(.down)
        let window = Duration.seconds(saturating: Double(seconds))
        let recent = memory.recommendations.filter { now - $0.at < window }.map(\.replicas)
        if isUp {
            return (
                recent.reduce(desired, min),
                (
                    "ScaleUpStabilized",
                    "recent recommendations were lower than current one, applying the lowest recent recommendation"
                )
            )
        }
        return (
            recent.reduce(desired, max),
            (
                "ScaleDownStabilized",
                "recent recommendations were higher than current one, applying the highest recent recommendation"
            )
        )
    }

    private func window(_ direction: Direction) -> Int64 {
        let seconds = rules(direction)?["stabilizationWindowSeconds"]?.int
        return seconds ?? (direction == .up ? 0 : 300)
    }

    private func rules(_ direction: Direction) -> Value? {
        behavior?[direction == .up ? "scaleUp" : "scaleDown"]
    }

    // MARK: - limits

    private func plainLimit(_ desired: Int64, _ current: Int64) -> (Int64, (reason: String, message: String)) {
        // At most twice as many, or four.
        let fastest = max(current *| 2, 4)
        if desired < least { return (least, Self.tooFew) }
        let allowed = min(most, fastest)
        if desired > allowed { return (allowed, most > fastest ? Self.tooFast : Self.tooMany) }
        return (desired, Self.within)
    }

    private func limited(
        _ desired: Int64, _ current: Int64, _ memory: AutoscalerMemory
    ) -> (Int64, (reason: String, message: String)) {
        if desired > current {
            let fastest = max(upLimit(current, memory), current)
            let allowed = min(most, fastest)
            if desired > allowed { return (allowed, most > fastest ? Self.tooFast : Self.tooMany) }
        } else if desired < current {
            let slowest = min(downLimit(current, memory), current)
            let allowed = max(least, slowest)
            if desired < allowed { return (allowed, least < slowest ? Self.tooFastDown : Self.tooFew) }
        }
        return (desired, Self.within)
    }

    private struct Policy {
        var isPercent: Bool
        var value: Int64
        var period: Duration

        init(_ value: Value) {
            isPercent = value.text("type") == "Percent"
            self.value = value["value"]?.int ?? 0
            period = .seconds(saturating: Double(value["periodSeconds"]?.int ?? 15))
        }
    }

    private func policies(_ direction: Direction) -> [Policy] {
        let own = rules(direction)?.items("policies") ?? []
        if !own.isEmpty { return own.map(Policy.init) }
        let percent: Value = ["type": "Percent", "value": 100, "periodSeconds": 15]
        let pods: Value = ["type": "Pods", "value": 4, "periodSeconds": 15]
        return (direction == .up ? [pods, percent] : [percent]).map(Policy.init)
    }

    private func change(_ events: [AutoscalerMemory.Event], within period: Duration) -> Int64 {
        events.filter { now - $0.at < period }.reduce(0) { $0 +| $1.replicas }
    }

    private func upLimit(_ current: Int64, _ memory: AutoscalerMemory) -> Int64 {
        let choice = rules(.up)?.text("selectPolicy") ?? ""
        if choice == "Disabled" { return current }
        let limits = policies(.up).map { policy -> Int64 in
            let start = current -| change(memory.ups, within: policy.period)
            guard policy.isPercent else { return start +| policy.value }
            return Self.whole((Double(start) * (1 + Double(policy.value) / 100)).rounded(.up))
        }
        return (choice == "Min" ? limits.min() : limits.max()) ?? current
    }

    private func downLimit(_ current: Int64, _ memory: AutoscalerMemory) -> Int64 {
        let choice = rules(.down)?.text("selectPolicy") ?? ""
        if choice == "Disabled" { return current }
        let limits = policies(.down).map { policy -> Int64 in
            let start = current +| change(memory.downs, within: policy.period)
            guard policy.isPercent else { return start -| policy.value }
            return Self.whole((Double(start) * (1 - Double(policy.value) / 100)).rounded(.towardZero))
        }
        return (choice == "Min" ? limits.max() : limits.min()) ?? current
    }

    private static func whole(_ number: Double) -> Int64 {
        number.isFinite ? Int64(min(max(number, Double(Int32.min)), Double(Int32.max))) : Int64(Int32.max)
    }
}
