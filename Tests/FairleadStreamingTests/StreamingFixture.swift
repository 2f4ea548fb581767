import FairleadContainers
import FairleadModel
import Synchronization

@testable import FairleadStreaming

/// A clock that stands still: what waits for it waits until it is cancelled.
struct StillClock: DelayClock {
    var now: Duration { .zero }

    func sleep(until deadline: Duration) async {
        let signal = AsyncStream<Void>.makeStream()
        for await _ in signal.stream {}
    }
}

/// The two ends of a WebSocket without frames.
final class FakeMessages: MessageChannel {
    private struct State {
        var incoming: [[UInt8]] = []
        var hasLeft = false
        var outgoing: [[UInt8]] = []
        var texts = 0
        var readers: [CheckedContinuation<Void, Never>] = []
    }

    private let state = Mutex(State())

    // MARK: - the session's end

    func receive() async -> [UInt8]? {
        while !Task.isCancelled {
            let (message, hasLeft) = state.withLock { state -> ([UInt8]?, Bool) in
                state.incoming.isEmpty ? (nil, state.hasLeft) : (state.incoming.removeFirst(), false)
            }
            if let message { return message }
            if hasLeft { return nil }
            await change { !$0.incoming.isEmpty || $0.hasLeft }
        }
        return nil
    }

    func send(_ message: [UInt8], isText: Bool) async throws(BrokenPipe) {
        if state.withLock({ $0.hasLeft }) || Task.isCancelled { throw BrokenPipe() }
        wake { state in
            state.outgoing.append(message)
            if isText { state.texts += 1 }
        }
    }

    // MARK: - the client's end

    func give(_ message: [UInt8]) { wake { $0.incoming.append(message) } }
    func leave() { wake { $0.hasLeft = true } }
    var waiting: Int { state.withLock { $0.incoming.count } }
    var sent: [[UInt8]] { state.withLock { $0.outgoing } }
    var texts: Int { state.withLock { $0.texts } }

    /// Everything that has been sent on a channel, as text.
    func text(_ channel: UInt8) -> String {
        String(decoding: sent.filter { $0.first == channel }.flatMap { $0.dropFirst() }, as: UTF8.self)
    }

    /// Waits until the session has sent that many messages.
    func sent(_ count: Int) async { while sent.count < count { await change { $0.outgoing.count >= count } } }

    /// Waits until the session has taken all messages but so many.
    func left(_ count: Int) async { while waiting > count { await Task.yield() } }

    private func wake(_ body: (inout State) -> Void) {
        let readers = state.withLock { state in
            body(&state)
            defer { state.readers = [] }
            return state.readers
        }
        for reader in readers { reader.resume() }
    }

    private func change(_ isDone: @Sendable (State) -> Bool) async {
        await withTaskCancellationHandler {
            await withCheckedContinuation { continuation in
                let mayGo = state.withLock { state in
                    if Task.isCancelled || isDone(state) { return true }
                    state.readers.append(continuation)
                    return false
                }
                if mayGo { continuation.resume() }
            }
        } onCancel: {
            wake { _ in }
        }
    }
}

/// Takes writes of several tasks, one after the other, as the connection of a real client does.
final class SharedSink: ByteSink {
    private let bytes = Mutex<[UInt8]>([])
    private let pipe: Pipe

    init(_ pipe: Pipe) { self.pipe = pipe }

    func write(_ bytes: [UInt8]) async throws(BrokenPipe) {
        self.bytes.withLock { $0 += bytes }
        // Larger than all that a test writes: no write is cut.
        try await pipe.write(bytes)
    }

    func end() { pipe.end() }
}

/// A client of SPDY, and the session that it talks to.
final class SPDYClient {
    let toServer = Pipe(capacity: 1 << 20)
    let fromServer = Pipe(capacity: 1 << 20)
    private var blocks = HeaderBlockWriter()
    private var reader = SPDYFrameReader()

    func send(_ frame: SPDYFrame) async throws { try await toServer.write(frame.bytes(&blocks)) }

    func open(_ id: UInt32, _ headers: [String: String], isLast: Bool = false) async throws {
        let headers = headers.sorted { $0.key < $1.key }.map { SPDYHeader($0.key, $0.value) }
        try await send(.synStream(stream: id, headers: headers, isLast: isLast))
    }

    func leave() { toServer.end() }

    /// The next frames up to the first that `isLast` says, or the end.
    func frames(until isLast: (SPDYFrame) -> Bool) async throws -> [SPDYFrame] {
        var frames: [SPDYFrame] = []
        while true {
            while let frame = try reader.next() {
                frames.append(frame)
                if isLast(frame) { return frames }
            }
            guard let bytes = await fromServer.read(upTo: 1 << 16) else { return frames }
            reader.append(bytes)
        }
    }
}

extension [SPDYFrame] {
    /// What has come on a stream.
    func text(_ id: UInt32) -> String {
        let bytes = flatMap { frame -> [UInt8] in
            if case .data(id, let bytes, _) = frame { return bytes }
            return []
        }
        return String(decoding: bytes, as: UTF8.self)
    }

    func hasEnded(_ id: UInt32) -> Bool {
        contains { frame in
            if case .data(id, _, true) = frame { return true }
            return false
        }
    }
}

/// The two ends of a connection.
func connectionPair() -> (near: Connection, far: Connection) {
    let (there, back) = (Pipe(), Pipe())
    let address = NetworkAddress(IPAddress("10.0.0.1")!, 80)
    let close: @Sendable () -> Void = {
        there.end()
        back.end()
    }
    return (
        Connection(local: address, peer: address, input: back, output: there, close: close),
        Connection(local: address, peer: address, input: there, output: back, close: close)
    )
}
