package import CoreMetrics
package import FairleadAPI
import FairleadAuthorization
import FairleadModel
package import FairleadStorage
import Synchronization

/// API Priority and Fairness: puts every request into a flow by the FlowSchemas, and lets it be worked on when its
/// priority level has a seat for the flow.
///
/// What is exempt costs a look at the first schemas. The tables are made anew after commits that change them, before any
/// client sees such a commit. Requests of this program's own parts do not come by here.
/// Reference: Kubernetes documentation, "API Priority and Fairness"; k8s.io/apiserver `server/filters`.
package final class FlowControl: RequestLimiter {
    private struct Tables: Sendable {
        var flows: FlowTable
        /// The numbers of levels in the book, by name.
        var numbers: [String: Int]
    }

    /// A request waits this long: a quarter of what it has, as in Kubernetes.
    static let longestWait = Duration.seconds(15)

    private let store: Store
    private let tables: Mutex<Tables>
    let book: Mutex<SeatBook>
    let waiting = WaitingRoom()
    private let changed: Changed
    private let subscriptions: [Subscription]
    let waits: FlowTimers
    private let longestWait: Duration

    /// - Parameters:
    ///   - seats: how many requests may be worked on at a time, those that are exempt apart.
    ///   - longestWait: for a seat.
    package init(
        store: Store, seats: Int, factory: any MetricsFactory = NOOPMetricsHandler.instance,
        longestWait: Duration = FlowControl.longestWait
    ) {
        self.store = store
        self.longestWait = longestWait
        var book = SeatBook(seats: seats)
        let flows = FlowTable(store.current)
        tables = Mutex(Tables(flows: flows, numbers: book.set(flows.levels).numbers))
        self.book = Mutex(book)
        waits = FlowTimers(factory)
        let changed = Changed()
        subscriptions = [FlowTable.schemas, FlowTable.levels].map { resource in
            store.subscribe(resource) { changed.note() }
        }
        self.changed = changed
    }

    /// Set by the store's writer before whoever made the change hears of it.
    private final class Changed: Sendable {
        private let isChanged = Atomic<Bool>(true)
        func note() { isChanged.store(true, ordering: .releasing) }
        var isNoted: Bool { isChanged.load(ordering: .acquiring) }
        /// Whether there was something since the last call.
        func take() -> Bool { isChanged.exchange(false, ordering: .acquiringAndReleasing) }
    }

    // MARK: - the stage

    package func isExempt(_ context: inout RequestContext) -> Bool {
        // A watch is not among them: it has to be begun.
        if context.hasLastingSubresource { return true }
        refresh()
        return tables.withLock { tables in
            guard let entry = tables.flows.exemption(of: context.user, { context.access }) else { return false }
            context.shared = entry.headers
            entry.schema.counts.dispatched.wrappingAdd(1, ordering: .relaxed)
            return true
        }
    }

    package func limit(
        _ context: RequestContext, _ answer: @escaping @Sendable (RequestContext, APIResponse?) -> APIOutcome
    ) -> APIOutcome {
        refresh()
        var wanted: AccessAttributes?
        func attributes() -> AccessAttributes {
            if let wanted { return wanted }
            let made = context.access
            wanted = made
            return made
        }
        let (entry, number) = tables.withLock { tables in
            let entry = tables.flows.entry(for: context.user, attributes)
            return (entry, tables.numbers[entry.level.name])
        }
        var context = context
        context.shared = entry.headers
        guard !entry.level.isExempt, let number else {
            entry.schema.counts.dispatched.wrappingAdd(1, ordering: .relaxed)
            return answer(context, nil)
        }
        let distinguisher = entry.schema.flow(context.user, attributes)
        let flow = Flow(schema: entry.schema, level: number, name: "\(entry.schema.name)|\(distinguisher)")
        context.request.share?.set(flow: flow.name)
        return limit(context, flow, answer)
    }

    private func limit(
        _ context: RequestContext, _ flow: Flow,
        _ answer: @escaping @Sendable (RequestContext, APIResponse?) -> APIOutcome
    ) -> APIOutcome {
        switch enter(flow) {
        case .sits(let seat):
            let seat = TakenSeat(seat, flow, self)
            waits.waited(flow, .zero, executed: true)
            return seat.held(through: answer(context, nil))
        case .refused(let reason):
            return answer(context, refusal(context, flow, reason))
        case .waits(let ticket):
            return .deferred { [self] in
                let began = SuspendingClock.now
                let seat = await ticket.wait(atMost: longestWait)
                waits.waited(flow, began.duration(to: .now), executed: seat != nil)
                guard let seat else {
                    return answer(context, refusal(context, flow, Task.isCancelled ? .cancelled : .timeOut))
                }
                return seat.held(through: answer(context, nil))
            }
        }
    }

    private enum Entry {
        case sits(SeatBook.Seat)
        case waits(Ticket)
        case refused(SeatBook.Reason)
    }

    private func enter(_ flow: Flow) -> Entry {
        book.withLock { book in
            switch book.enter(level: flow.level, flow: flow.hash) {
            case .sits(let seat): return .sits(seat)
            case .refused(let reason): return .refused(reason)
            // Before anybody can give it a seat.
            case .waits(let place): return .waits(Ticket(place, flow, self))
            }
        }
    }

    private func refusal(_ context: RequestContext, _ flow: Flow, _ reason: SeatBook.Reason) -> APIResponse {
        flow.schema.counts.rejected.withLock { $0[reason.rawValue, default: 0] += 1 }
        context.request.share?.set(flow: flow.name, isRefused: true)
        return .tooManyRequests
    }

    /// Gives up a place.
    /// - Returns: the seat that it was given meanwhile; nil if none was.
    func withdraw(_ place: SeatBook.Place) -> SeatBook.Seat? {
        _ = book.withLock { $0.abandon(place) }
        return waiting.leave(place)
    }

    func leave(_ seat: SeatBook.Seat, after seconds: Double) {
        call(book.withLock { $0.leave(seat, after: seconds) })
    }

    private func call(_ seated: [(SeatBook.Place, SeatBook.Seat)]) {
        for (place, seat) in seated where !waiting.call(place, to: seat) {
            // It has left in the same moment.
            leave(seat, after: 0)
        }
    }

    /// Brings the tables up to the last commit.
    private func refresh() {
        guard changed.isNoted else { return }
        let seated = tables.withLock { tables -> [(SeatBook.Place, SeatBook.Seat)] in
            // Whoever has found it has finished when the lock is free again.
            guard changed.take() else { return [] }
            let flows = FlowTable(store.current, known: tables.flows.entries.map(\.schema))
            let (numbers, seated) = book.withLock { $0.set(flows.levels) }
            tables = Tables(flows: flows, numbers: numbers)
            return seated
        }
        call(seated)
    }

    var flows: FlowTable {
        refresh()
        return tables.withLock { $0.flows }
    }
}

extension APIResponse {
    /// What kube-apiserver answers when there is too much to do.
    static let tooManyRequests: APIResponse = {
        var response = APIResponse.text(429, "Too many requests, please try again later.\n")
        response.headers.append((name: "Retry-After", value: "1"))
        return response
    }()
}
