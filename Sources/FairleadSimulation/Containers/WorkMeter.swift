import FairleadContainers
import FairleadModel
import Synchronization

/// Counts the requests that a container has answered lately.
final class WorkMeter: Sendable {
    private struct State {
        /// By the number of the slice of time.
        var slices: [Int64: Int] = [:]
    }

    private static let slice: Int64 = 5
    private static let kept: Int64 = 3
    private let clock: any DelayClock
    private let state = Mutex(State())

    init(clock: any DelayClock) { self.clock = clock }

    func count() {
        let now = Self.number(clock.now)
        state.withLock { state in
            state.slices[now, default: 0] += 1
            if state.slices.count > Int(Self.kept) + 1 {
                state.slices = state.slices.filter { $0.key >= now - Self.kept }
            }
        }
    }

    /// Requests per second over the last fifteen seconds or so.
    var rate: Double {
        let now = clock.now
        let current = Self.number(now)
        let sum = state.withLock { state in
            state.slices.reduce(0) { $1.key >= current - Self.kept ? $0 + $1.value : $0 }
        }
        let elapsed = now / .seconds(1) - Double((current - Self.kept) * Self.slice)
        return Double(sum) / max(elapsed, 1)
    }

    private static func number(_ moment: Duration) -> Int64 { moment.components.seconds / slice }
}

/// A pod's network as one container uses it: what it answers is counted.
struct MeteredStack: NetworkStack {
    let base: any NetworkStack
    let meter: WorkMeter

    var addresses: [IPAddress] { base.addresses }
    var listening: [ListeningSocket] { base.listening }

    func connect(
        to destination: NetworkAddress, from source: IPAddress?, sourcePort: UInt16?, within limit: Duration
    ) async throws(NetworkError) -> Connection {
        try await base.connect(to: destination, from: source, sourcePort: sourcePort, within: limit)
    }

    func listen(
        on port: UInt16, address: IPAddress?, _ handle: @escaping @Sendable (Connection) async -> Void
    ) throws(NetworkError) -> any Listening {
        try base.listen(on: port, address: address) { [meter] connection in
            var counted = connection
            counted.onAnswer = { meter.count() }
            await handle(counted)
        }
    }

    func answerDatagrams(
        on port: UInt16, address: IPAddress?,
        _ answer: @escaping @Sendable (_ bytes: [UInt8], _ from: NetworkAddress) async -> [UInt8]?
    ) throws(NetworkError) -> any Listening {
        try base.answerDatagrams(on: port, address: address) { [meter] bytes, source in
            meter.count()
            return await answer(bytes, source)
        }
    }

    func bind(port: UInt16, address: IPAddress?) throws(NetworkError) -> any DatagramSocket {
        try base.bind(port: port, address: address)
    }

    func ask(
        _ question: NameQuestion, server: NetworkAddress, overTCP: Bool, within limit: Duration
    ) async throws(NetworkError) -> NameReply {
        try await base.ask(question, server: server, overTCP: overTCP, within: limit)
    }
}
