import Testing

@testable import FairleadFairness

/// A book that changes within expectations.
private final class Hall {
    private var book: SeatBook

    init(seats: Int) { book = SeatBook(seats: seats) }

    func set(_ all: [LevelLimits]) -> (numbers: [String: Int], seated: [(SeatBook.Place, SeatBook.Seat)]) {
        book.set(all)
    }
    func enter(level: Int, flow: UInt64) -> SeatBook.Entry { book.enter(level: level, flow: flow) }
    func abandon(_ place: SeatBook.Place) -> Bool { book.abandon(place) }
    func leave(_ seat: SeatBook.Seat, after seconds: Double) -> [(SeatBook.Place, SeatBook.Seat)] {
        book.leave(seat, after: seconds)
    }
    var figures: [SeatBook.Figures] { book.figures }
}

struct SeatBookTests {
    private static func level(
        _ name: String, _ shares: Int, lends: Int = 0, borrows: Int? = nil, queues: Int? = nil, length: Int = 50
    ) -> LevelLimits {
        var limits = LevelLimits(
            name: name, shares: shares,
            queuing: queues.map { LevelLimits.Queuing(queues: $0, handSize: min($0, 4), length: length) })
        limits.lendablePercent = lends
        limits.borrowingPercent = borrows
        return limits
    }

    private static func seats(_ entry: SeatBook.Entry) -> SeatBook.Seat? {
        if case .sits(let seat) = entry { return seat }
        return nil
    }

    private static func place(_ entry: SeatBook.Entry) -> SeatBook.Place? {
        if case .waits(let place) = entry { return place }
        return nil
    }

    @Test func seatsAreSharedOutByShares() throws {
        let book = Hall(seats: 600)
        _ = book.set([
            Self.level("system", 30), Self.level("node-high", 40), Self.level("leader-election", 10),
            Self.level("workload-high", 40), Self.level("workload-low", 100), Self.level("global-default", 20),
            Self.level("catch-all", 5), .exempt,
        ])
        let seats = Dictionary(uniqueKeysWithValues: book.figures.map { ($0.name, $0.seats) })
        // What a kube-apiserver v1.36 with its defaults says (apiserver_flowcontrol_nominal_limit_seats).
        #expect(
            seats == [
                "system": 74, "node-high": 98, "leader-election": 25, "workload-high": 98, "workload-low": 245,
                "global-default": 49, "catch-all": 13,
            ])
    }

    @Test func whatIsTooMuchIsRefusedWithoutQueues() throws {
        let book = Hall(seats: 2)
        let number = try #require(book.set([Self.level("a", 1)]).numbers["a"])
        let first = try #require(Self.seats(book.enter(level: number, flow: 1)))
        _ = try #require(Self.seats(book.enter(level: number, flow: 2)))
        let third = book.enter(level: number, flow: 3)
        #expect(third == .refused(.limit))
        #expect(book.leave(first, after: 1).isEmpty)
        #expect(Self.seats(book.enter(level: number, flow: 3)) != nil)
    }

    @Test func queuesAreBounded() throws {
        let book = Hall(seats: 1)
        let number = try #require(book.set([Self.level("a", 1, queues: 1, length: 2)]).numbers["a"])
        let seat = try #require(Self.seats(book.enter(level: number, flow: 1)))
        let second = try #require(Self.place(book.enter(level: number, flow: 1)))
        let third = try #require(Self.place(book.enter(level: number, flow: 1)))
        let fourth = book.enter(level: number, flow: 1)
        #expect(fourth == .refused(.queueFull))
        #expect(book.abandon(second))
        #expect(!book.abandon(second))
        #expect(book.leave(seat, after: 1).map(\.0) == [third])
    }

    /// A flow with a hundred requests, and one with one: the second is next.
    @Test func flowsTakeTurns() throws {
        let book = Hall(seats: 1)
        let number = try #require(book.set([Self.level("a", 1, queues: 64, length: 1000)]).numbers["a"])
        var seat = try #require(Self.seats(book.enter(level: number, flow: 1)))
        for _ in 0..<100 { _ = book.enter(level: number, flow: 1) }
        let modest = try #require(Self.place(book.enter(level: number, flow: 999)))
        var turn = 0
        while true {
            turn += 1
            let next = try #require(book.leave(seat, after: 0.5).first)
            if next.0 == modest { break }
            seat = next.1
        }
        // Of the four queues of the first flow each may come once before.
        #expect(turn <= 5)
    }

    /// Time counts, not requests: what takes ten times as long has a tenth as many turns.
    @Test func timeIsSharedEvenly() throws {
        let book = Hall(seats: 1)
        let number = try #require(book.set([Self.level("a", 1, queues: 2, length: 10_000)]).numbers["a"])
        var held = try #require(Self.seats(book.enter(level: number, flow: 0)))
        var slow: Set<SeatBook.Place> = []
        var fast: Set<SeatBook.Place> = []
        // Each is put into the shorter of the two queues: half of them wait in each.
        for _ in 0..<2000 {
            let place = try #require(Self.place(book.enter(level: number, flow: 0)))
            if place.queue == 0 { slow.insert(place) } else { fast.insert(place) }
        }
        var times = (slow: 0.0, fast: 0.0)
        var after = 0.0
        for _ in 0..<300 {
            let next = try #require(book.leave(held, after: after).first)
            held = next.1
            after = slow.contains(next.0) ? 1 : 0.1
            if slow.contains(next.0) { times.slow += 1 } else { times.fast += 0.1 }
        }
        #expect(abs(times.slow - times.fast) < 4)
    }

    @Test func idleSeatsAreLentAndComeBack() throws {
        let book = Hall(seats: 20)
        let numbers = book.set([Self.level("a", 1, queues: 4), Self.level("b", 1, lends: 50)]).numbers
        let a = try #require(numbers["a"])
        let b = try #require(numbers["b"])
        var seats: [SeatBook.Seat] = []
        while let seat = Self.seats(book.enter(level: a, flow: 7)) { seats.append(seat) }
        // Ten of its own, and half of the other's ten.
        #expect(seats.count == 15)
        var others = 0
        while Self.seats(book.enter(level: b, flow: 7)) != nil { others += 1 }
        #expect(others == 10)
        // Nothing is lent any more: the borrowed seats end without anybody taking them.
        #expect(book.leave(seats.removeLast(), after: 1).isEmpty)
    }

    @Test func borrowingHasALimit() throws {
        let book = Hall(seats: 20)
        let numbers = book.set([Self.level("a", 1, borrows: 20), Self.level("b", 1, lends: 100)]).numbers
        let a = try #require(numbers["a"])
        var count = 0
        while Self.seats(book.enter(level: a, flow: 7)) != nil { count += 1 }
        #expect(count == 12)
    }

    @Test func aLevelWithoutSharesServesNobody() throws {
        let book = Hall(seats: 20)
        let numbers = book.set([Self.level("jail", 0, borrows: 0), Self.level("b", 1, lends: 100)]).numbers
        let entry = book.enter(level: try #require(numbers["jail"]), flow: 7)
        #expect(entry == .refused(.limit))
    }

    @Test func levelsThatGoServeWhatWaits() throws {
        let book = Hall(seats: 2)
        let number = try #require(book.set([Self.level("a", 1, queues: 1), Self.level("b", 1)]).numbers["a"])
        let seat = try #require(Self.seats(book.enter(level: number, flow: 1)))
        let place = try #require(Self.place(book.enter(level: number, flow: 1)))
        let change = book.set([Self.level("b", 1)])
        #expect(change.numbers["a"] == nil)
        let next = try #require(book.leave(seat, after: 1).first)
        #expect(next.0 == place)
        #expect(book.leave(next.1, after: 1).isEmpty)
        #expect(book.figures.map(\.name) == ["b"])
    }

    @Test func moreSharesSeatThoseWhoWait() throws {
        let book = Hall(seats: 10)
        let number = try #require(book.set([Self.level("a", 0, queues: 1), Self.level("b", 1)]).numbers["a"])
        let place = try #require(Self.place(book.enter(level: number, flow: 1)))
        #expect(book.set([Self.level("a", 1, queues: 1), Self.level("b", 1)]).seated.map(\.0) == [place])
    }
}
