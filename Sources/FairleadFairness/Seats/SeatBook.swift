import DequeModule
import FairleadModel

/// Who sits and who waits: the seats of all priority levels. A value that knows no clock and no thread.
///
/// A level has a part of all seats by its shares. It may take more while others do not use what they lend; they get it
/// back as soon as what sits there ends. What waits is served queue by queue: the queue whose flows have had the least
/// time is next, so time is shared evenly among the queues in use, however many wait in each.
/// Reference: KEP-1040; Kubernetes documentation, "API Priority and Fairness". Borrowing is decided for each request here,
/// not every ten seconds.
struct SeatBook: Sendable {
    /// What is done with a request.
    enum Entry: Equatable {
        case sits(Seat)
        case waits(Place)
        case refused(Reason)
    }

    enum Reason: String, Sendable, Equatable {
        case queueFull = "queue-full"
        case limit = "concurrency-limit"
        case timeOut = "time-out"
        case cancelled
    }

    /// One request at work.
    struct Seat: Sendable, Equatable {
        var level: Int
        var queue: Int
        /// What its queue was charged in advance, in seconds.
        var charge: Double
    }

    /// One request that waits.
    struct Place: Sendable, Hashable {
        var level: Int
        var queue: Int
        var number: Int
    }

    private struct Queue {
        var waiting: Deque<Int> = []
        var sitting = 0
        /// The seconds of seats that it has had.
        var served = 0.0
    }

    private struct Level {
        var limits: LevelLimits
        var seats = 0
        var sitting = 0
        var waiting = 0
        var queues: [Int: Queue] = [:]
        /// Where a queue that comes into use begins: it gets nothing for the time before.
        var round = 0.0
        /// How long a request takes, from those before it.
        var usual = 0.01

        var lendable: Int { (seats *| limits.lendablePercent) / 100 }
        var idleLendable: Int { min(lendable, max(0, seats - sitting)) }
        var borrowed: Int { max(0, sitting - seats) }
        var mostSeats: Int {
            guard let percent = limits.borrowingPercent else { return .max }
            let more = (seats *| percent) / 100
            // Rounded up.
            return seats +| more +| ((more *| 100) < (seats *| percent) ? 1 : 0)
        }
    }

    private let total: Int
    private var levels: [Int: Level] = [:]
    private var numbers: [String: Int] = [:]
    private var nextLevel = 0
    private var nextPlace = 0

    /// - Parameter seats: how many requests may be at work, those that are exempt apart.
    init(seats: Int) { total = seats }

    // MARK: - levels

    /// Takes over the limits of all levels. Levels that are gone serve what waits in them to the end.
    /// - Returns: the numbers of the levels by name, and who sits down now.
    mutating func set(_ all: [LevelLimits]) -> (numbers: [String: Int], seated: [(Place, Seat)]) {
        let limited = all.filter { !$0.isExempt }
        let shares = limited.reduce(0) { $0 + $1.shares }
        var gone = numbers
        for limits in limited {
            let number = numbers[limits.name] ?? nextLevel
            if number == nextLevel {
                nextLevel += 1
                numbers[limits.name] = number
            }
            gone[limits.name] = nil
            var level = levels.removeValue(forKey: number) ?? Level(limits: limits)
            level.limits = limits
            // Rounded up, as Kubernetes does.
            level.seats = shares == 0 ? 0 : Int((Double(total) * Double(limits.shares) / Double(shares)).rounded(.up))
            levels[number] = level
        }
        for (name, number) in gone {
            numbers[name] = nil
            if levels[number]?.sitting == 0, levels[number]?.waiting == 0 { levels[number] = nil }
        }
        return (numbers, seatWaiting(first: nil))
    }

    private func maySit(_ level: Level) -> Bool {
        if level.sitting < level.seats { return true }
        guard level.sitting < level.mostSeats else { return false }
        var idle = 0
        var borrowed = 0
        for other in levels.values {
            idle += other.idleLendable
            borrowed += other.borrowed
        }
        return borrowed < idle
    }

    // MARK: - requests

    /// A request of the flow arrives.
    ///
    /// - Parameter flow: its hash.
    mutating func enter(level number: Int, flow: UInt64) -> Entry {
        guard let known = levels[number] else { return .refused(.limit) }
        let maySit = known.waiting == 0 && maySit(known)
        guard maySit || known.limits.queuing != nil, var level = levels.removeValue(forKey: number) else {
            return .refused(.limit)
        }
        defer { levels[number] = level }
        if maySit {
            let queue = level.limits.queuing.map { Int(flow % UInt64($0.queues)) } ?? 0
            return .sits(Self.seat(&level, number, queue))
        }
        guard let queuing = level.limits.queuing else { return .refused(.limit) }
        let hand = ShuffleShard.hand(flow, queues: queuing.queues, handSize: queuing.handSize)
        func load(_ queue: Int) -> Int { level.queues[queue].map { $0.waiting.count + $0.sitting } ?? 0 }
        guard let queue = hand.min(by: { load($0) < load($1) }) else { return .refused(.queueFull) }
        var own = level.queues[queue] ?? Queue(served: level.round)
        guard own.waiting.count < queuing.length else { return .refused(.queueFull) }
        nextPlace += 1
        own.waiting.append(nextPlace)
        level.queues[queue] = own
        level.waiting += 1
        return .waits(Place(level: number, queue: queue, number: nextPlace))
    }

    /// Gives up a place.
    /// - Returns: whether it was still waiting.
    mutating func abandon(_ place: Place) -> Bool {
        guard var level = levels.removeValue(forKey: place.level) else { return false }
        defer { levels[place.level] = level }
        guard let index = level.queues[place.queue]?.waiting.firstIndex(of: place.number) else { return false }
        level.queues[place.queue]?.waiting.remove(at: index)
        level.waiting -= 1
        Self.tidy(&level, place.queue)
        return true
    }

    /// A request has ended.
    /// - Parameter time: how long it was at work, in seconds.
    /// - Returns: who sits down instead.
    mutating func leave(_ seat: Seat, after time: Double) -> [(Place, Seat)] {
        guard var level = levels.removeValue(forKey: seat.level) else { return [] }
        level.sitting -= 1
        level.usual += (time - level.usual) / 16
        level.queues[seat.queue]?.sitting -= 1
        level.queues[seat.queue]?.served += time - seat.charge
        Self.tidy(&level, seat.queue)
        let isGone = numbers[level.limits.name] != seat.level && level.sitting == 0 && level.waiting == 0
        if !isGone { levels[seat.level] = level }
        return seatWaiting(first: seat.level)
    }

    /// - Parameter first: the level that is looked at before the others, which may borrow what it has left.
    private mutating func seatWaiting(first: Int?) -> [(Place, Seat)] {
        var seated: [(Place, Seat)] = []
        if let first { seatWaiting(in: first, &seated) }
        for (number, level) in levels where level.waiting > 0 && number != first { seatWaiting(in: number, &seated) }
        return seated
    }

    private mutating func seatWaiting(in number: Int, _ seated: inout [(Place, Seat)]) {
        while let waiting = levels[number]?.waiting, waiting > 0, levels[number].map(maySit) == true {
            guard var level = levels.removeValue(forKey: number) else { return }
            defer { levels[number] = level }
            let next = level.queues.filter { !$0.value.waiting.isEmpty }
                .min { ($0.value.served, $0.value.waiting[0]) < ($1.value.served, $1.value.waiting[0]) }
            guard let next, let place = level.queues[next.key]?.waiting.popFirst() else { return }
            level.waiting -= 1
            level.round = max(level.round, next.value.served)
            let seat = Self.seat(&level, number, next.key)
            seated.append((Place(level: number, queue: next.key, number: place), seat))
        }
    }

    private static func seat(_ level: inout Level, _ number: Int, _ queue: Int) -> Seat {
        level.sitting += 1
        let charge = level.usual
        level.queues[queue, default: Queue(served: level.round)].sitting += 1
        level.queues[queue]?.served += charge
        return Seat(level: number, queue: queue, charge: charge)
    }

    private static func tidy(_ level: inout Level, _ queue: Int) {
        if let own = level.queues[queue], own.sitting == 0, own.waiting.isEmpty { level.queues[queue] = nil }
    }

    // MARK: - figures

    struct Figures: Sendable {
        var name: String
        var seats: Int
        var lowest: Int
        var sitting: Int
        var waiting: Int
    }

    var figures: [Figures] {
        levels.values.sorted { $0.limits.name < $1.limits.name }.map { level in
            Figures(
                name: level.limits.name, seats: level.seats, lowest: level.seats - level.lendable,
                sitting: level.sitting, waiting: level.waiting)
        }
    }
}
