package import FairleadModel
import Synchronization

/// A network namespace that reaches only itself: for tests, and for containers without a cluster.
///
/// Name servers are what `names` says, at any address.
package final class LoopbackNetwork: NetworkStack {
    package typealias Handler = @Sendable (Connection) async -> Void
    package typealias Answer = @Sendable (_ bytes: [UInt8], _ from: NetworkAddress) async -> [UInt8]?

    private struct State {
        var listeners: [UInt16: (owner: ObjectIdentifier, handle: Handler, tasks: TaskKeeper)] = [:]
        var answers: [UInt16: (owner: ObjectIdentifier, answer: Answer)] = [:]
        var nextPort: UInt16 = 40_000
    }

    package let addresses: [IPAddress]
    private let names: @Sendable (NameQuestion) -> NameReply?
    private let state = Mutex(State())

    /// - Parameter names: answers questions; nil is no answer at all.
    package init(
        addresses: [IPAddress] = [], names: @escaping @Sendable (NameQuestion) -> NameReply? = { _ in nil }
    ) {
        self.addresses = addresses
        self.names = names
    }

    private func reaches(_ address: IPAddress) -> Bool {
        address.isLoopback || address.isUnspecified || addresses.contains(address)
    }

    package var listening: [ListeningSocket] {
        state.withLock { state in
            state.listeners.keys.sorted().map { ListeningSocket(isTCP: true, address: nil, port: $0) }
                + state.answers.keys.sorted().map { ListeningSocket(isTCP: false, address: nil, port: $0) }
        }
    }

    private func freePort() -> UInt16 {
        state.withLock { state in
            state.nextPort = state.nextPort == .max ? 40_000 : state.nextPort + 1
            return state.nextPort
        }
    }

    private func source(for destination: IPAddress, _ wanted: IPAddress?) -> IPAddress {
        wanted ?? (destination.isLoopback ? destination : addresses.first ?? destination)
    }

    package func connect(
        to destination: NetworkAddress, from source: IPAddress?, sourcePort: UInt16?, within limit: Duration
    ) async throws(NetworkError) -> Connection {
        guard reaches(destination.address) else { throw .noRoute }
        guard let listener = state.withLock({ $0.listeners[destination.port] }) else { throw .refused }
        let (there, back) = (Pipe(), Pipe())
        let here = NetworkAddress(self.source(for: destination.address, source), sourcePort ?? freePort())
        let close: @Sendable () -> Void = {
            for pipe in [there, back] { pipe.end() }
        }
        let server = Connection(local: destination, peer: here, input: there, output: back) {
            there.close()
            back.end()
        }
        let handle = listener.handle
        let started = listener.tasks.start {
            await handle(server)
            close()
        }
        guard started != nil else { throw .refused }
        return Connection(local: here, peer: destination, input: back, output: there) {
            back.close()
            there.end()
        }
    }

    package func listen(
        on port: UInt16, address: IPAddress?, _ handle: @escaping Handler
    ) throws(NetworkError) -> any Listening {
        let number = port == 0 ? freePort() : port
        let tasks = TaskKeeper()
        let listener = Listener(port: number) { [weak self] owner in
            self?.state.withLock { state in
                if state.listeners[number]?.owner == owner { state.listeners[number] = nil }
            }
            tasks.abandon()
        }
        let isFree = state.withLock { state in
            guard state.listeners[number] == nil else { return false }
            state.listeners[number] = (ObjectIdentifier(listener), handle, tasks)
            return true
        }
        guard isFree else { throw .addressInUse }
        return listener
    }

    package func answerDatagrams(
        on port: UInt16, address: IPAddress?, _ answer: @escaping Answer
    ) throws(NetworkError) -> any Listening {
        let number = port == 0 ? freePort() : port
        let listener = Listener(port: number) { [weak self] owner in
            self?.state.withLock { state in
                if state.answers[number]?.owner == owner { state.answers[number] = nil }
            }
        }
        let isFree = state.withLock { state in
            guard state.answers[number] == nil else { return false }
            state.answers[number] = (ObjectIdentifier(listener), answer)
            return true
        }
        guard isFree else { throw .addressInUse }
        return listener
    }

    package func bind(port: UInt16, address: IPAddress?) throws(NetworkError) -> any DatagramSocket {
        LoopbackSocket(port: port == 0 ? freePort() : port) { [weak self] bytes, destination, from in
            guard let self, let answer = self.state.withLock({ $0.answers[destination.port]?.answer }) else {
                return nil
            }
            return .some(await answer(bytes, from))
        } source: { [self] destination in
            source(for: destination, address)
        }
    }

    package func ask(
        _ question: NameQuestion, server: NetworkAddress, overTCP: Bool, within limit: Duration
    ) async throws(NetworkError) -> NameReply {
        guard let reply = names(question) else { throw .timedOut }
        return reply
    }
}

private final class Listener: Listening {
    let port: UInt16
    private let onClose: @Sendable (ObjectIdentifier) -> Void

    init(port: UInt16, onClose: @escaping @Sendable (ObjectIdentifier) -> Void) {
        self.port = port
        self.onClose = onClose
    }

    func close() { onClose(ObjectIdentifier(self)) }
}

/// Datagrams are answered while they are sent; what came back waits to be received.
private final class LoopbackSocket: DatagramSocket {
    let port: UInt16
    private let deliver: @Sendable (_ bytes: [UInt8], _ to: NetworkAddress, _ from: NetworkAddress) async -> [UInt8]??
    private let source: @Sendable (IPAddress) -> IPAddress
    private let received = Mutex<(waiting: [(bytes: [UInt8], from: NetworkAddress)], isRefused: Bool)>(([], false))

    init(
        port: UInt16, deliver: @escaping @Sendable ([UInt8], NetworkAddress, NetworkAddress) async -> [UInt8]??,
        source: @escaping @Sendable (IPAddress) -> IPAddress
    ) {
        self.port = port
        self.deliver = deliver
        self.source = source
    }

    func send(_ bytes: [UInt8], to destination: NetworkAddress) async throws(NetworkError) {
        switch await deliver(bytes, destination, NetworkAddress(source(destination.address), port)) {
        case .none: received.withLock { $0.isRefused = true }
        case .some(let answer):
            if let answer { received.withLock { $0.waiting.append((answer, destination)) } }
        }
    }

    func receive(within limit: Duration) async throws(NetworkError) -> (bytes: [UInt8], from: NetworkAddress) {
        let found = received.withLock { state -> Result<(bytes: [UInt8], from: NetworkAddress), NetworkError> in
            if !state.waiting.isEmpty { return .success(state.waiting.removeFirst()) }
            return .failure(state.isRefused ? .refused : .timedOut)
        }
        return try found.get()
    }

    func close() {}
}
