import Synchronization

/// Those who wait for a seat, and how they are called.
final class WaitingRoom: Sendable {
    private struct Guest {
        var signal: AsyncStream<Void>.Continuation
        var seat: SeatBook.Seat?
    }

    private let guests = Mutex<[SeatBook.Place: Guest]>([:])

    /// - Returns: ends when there is a seat.
    func add(_ place: SeatBook.Place) -> AsyncStream<Void> {
        let signal = AsyncStream<Void>.makeStream()
        guests.withLock { $0[place] = Guest(signal: signal.continuation) }
        return signal.stream
    }

    /// - Returns: false if nobody waits there any more.
    func call(_ place: SeatBook.Place, to seat: SeatBook.Seat) -> Bool {
        let signal = guests.withLock { guests -> AsyncStream<Void>.Continuation? in
            guests[place]?.seat = seat
            return guests[place]?.signal
        }
        signal?.finish()
        return signal != nil
    }

    /// - Returns: the seat that has been given meanwhile; nil if none was.
    func leave(_ place: SeatBook.Place) -> SeatBook.Seat? { guests.withLock { $0.removeValue(forKey: place)?.seat } }
}

/// The place of one request that waits. It is given up when nothing refers to it any more.
final class Ticket: Sendable {
    private let place: SeatBook.Place
    private let flow: Flow
    private let control: FlowControl
    private let called: AsyncStream<Void>

    init(_ place: SeatBook.Place, _ flow: Flow, _ control: FlowControl) {
        self.place = place
        self.flow = flow
        self.control = control
        called = control.waiting.add(place)
        flow.schema.counts.waiting.wrappingAdd(1, ordering: .relaxed)
    }

    deinit {
        flow.schema.counts.waiting.wrappingSubtract(1, ordering: .relaxed)
        if let seat = control.withdraw(place) { control.leave(seat, after: 0) }
    }

    /// - Returns: nil if there was no seat in time, or the task was cancelled.
    func wait(atMost limit: Duration) async -> TakenSeat? {
        await withTaskGroup(of: Void.self) { [called] group in
            group.addTask { for await _ in called {} }
            group.addTask {
                // Cancelled when there is a seat, or the client has gone.
                try? await Task.sleep(for: limit, clock: .suspending)
            }
            await group.next()
            group.cancelAll()
        }
        // One that was given at the last moment is taken in any case.
        guard let seat = control.withdraw(place) else { return nil }
        let taken = TakenSeat(seat, flow, control)
        return Task.isCancelled ? nil : taken
    }
}
