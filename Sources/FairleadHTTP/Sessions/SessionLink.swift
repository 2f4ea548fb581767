import FairleadContainers
import FairleadStreaming
import NIOCore
import Synchronization

/// A connection that has left HTTP, as the task of its session sees it: messages, or bytes, in both directions.
///
/// Neither direction keeps more than its limit and one piece: who sends faster than the other end reads waits.
final class SessionLink: MessageChannel, ByteSource, ByteSink {
    /// Bytes that have come and that the session has not taken; the socket is not read beyond them.
    private static let inputLimit = 256 << 10
    /// More than can come before the socket is held: that and the largest message, with room.
    private static let overfull = 3 << 20
    /// The same, in messages, which may have no bytes.
    private static let messageLimit = 1024
    /// Bytes that the session has sent and the socket has not taken; a message counts as some more than it has.
    private static let outputLimit = 256 << 10
    private static let messageCost = 128
    /// How much is handed to the connection at a time.
    private static let portion = 64

    private struct State {
        var input = CircularBuffer<[UInt8]>()
        var inputBytes = 0
        var hasInputEnded = false
        var isReadHeld = false
        var reader: CheckedContinuation<Void, Never>?
        var output = CircularBuffer<SessionMessage>()
        var isListed = false
        var unsent = 0
        var isClosed = false
        var writers: [Int: CheckedContinuation<Void, Never>] = [:]
        var nextWriter = 0
    }

    private let eventLoop: any EventLoop
    private let list: HandOverList
    private let channelEnd: NIOLoopBound<any SessionEnd>
    private let state = Mutex(State())

    init(_ end: any SessionEnd, eventLoop: any EventLoop, list: HandOverList) {
        self.eventLoop = eventLoop
        self.list = list
        channelEnd = NIOLoopBound(end, eventLoop: eventLoop)
    }

    // MARK: - for the session

    func receive() async -> [UInt8]? { await take { $0.popFirst() } }

    func read(upTo limit: Int) async -> [UInt8]? {
        await take { input in
            guard let first = input.popFirst() else { return nil }
            guard first.count > limit else { return first }
            input.prepend(Array(first.dropFirst(max(1, limit))))
            return Array(first.prefix(max(1, limit)))
        }
    }

    private func take(_ next: @Sendable (inout CircularBuffer<[UInt8]>) -> [UInt8]?) async -> [UInt8]? {
        while !Task.isCancelled {
            let (bytes, hasEnded, mayRead) = state.withLock { state -> ([UInt8]?, Bool, Bool) in
                guard let bytes = next(&state.input) else { return (nil, state.hasInputEnded || state.isClosed, false) }
                state.inputBytes -= bytes.count
                let hasRoom = state.inputBytes < Self.inputLimit / 2 && state.input.count < Self.messageLimit / 2
                let mayRead = state.isReadHeld && hasRoom
                if mayRead { state.isReadHeld = false }
                return (bytes, false, mayRead)
            }
            if mayRead { eventLoop.execute { self.channelEnd.value.goOnReading() } }
            if let bytes { return bytes }
            if hasEnded { return nil }
            await waitForInput()
        }
        return nil
    }

    private func waitForInput() async {
        await withTaskCancellationHandler {
            await withCheckedContinuation { continuation in
                let mayGo = state.withLock { state in
                    if Task.isCancelled || !state.input.isEmpty || state.hasInputEnded || state.isClosed { return true }
                    state.reader = continuation
                    return false
                }
                if mayGo { continuation.resume() }
            }
        } onCancel: {
            let reader = state.withLock { state in
                defer { state.reader = nil }
                return state.reader
            }
            reader?.resume()
        }
    }

    func send(_ message: [UInt8], isText: Bool) async throws(BrokenPipe) {
        await waitForRoom()
        guard !Task.isCancelled else { throw BrokenPipe() }
        let (isOpen, isNew) = state.withLock { state -> (Bool, Bool) in
            guard !state.isClosed else { return (false, false) }
            state.unsent += message.count + Self.messageCost
            state.output.append(SessionMessage(bytes: message, isText: isText))
            defer { state.isListed = true }
            return (true, !state.isListed)
        }
        guard isOpen else { throw BrokenPipe() }
        if isNew { list.add(self) }
    }

    func write(_ bytes: [UInt8]) async throws(BrokenPipe) { try await send(bytes, isText: false) }

    /// What ends is the connection, with its session.
    func end() {}

    private func waitForRoom() async {
        let id = state.withLock { state in
            state.nextWriter += 1
            return state.nextWriter
        }
        await withTaskCancellationHandler {
            await withCheckedContinuation { continuation in
                let mayGo = state.withLock { state in
                    if Task.isCancelled || state.isClosed || state.unsent < Self.outputLimit { return true }
                    state.writers[id] = continuation
                    return false
                }
                if mayGo { continuation.resume() }
            }
        } onCancel: {
            state.withLock { $0.writers.removeValue(forKey: id) }?.resume()
        }
    }

    // MARK: - for the connection

    /// Gives some of what the session has sent to the connection.
    ///
    /// - Returns: whether there is more.
    func handOver() -> Bool {
        let (messages, hasMore) = state.withLock { state -> ([SessionMessage], Bool) in
            let messages = Array(state.output.prefix(Self.portion))
            state.output.removeFirst(messages.count)
            state.isListed = !state.output.isEmpty
            return (messages, state.isListed)
        }
        if !messages.isEmpty { channelEnd.value.send(messages) }
        return hasMore
    }

    /// Gives all of it, before the connection is closed.
    func flush() { while handOver() {} }

    /// Whether what comes now is dropped: when a client closes its side, all that the system has of it is read at once,
    /// whatever it is.
    var isOverfull: Bool { state.withLock { $0.inputBytes > Self.overfull } }

    /// Bytes, or a message, have come.
    func deliver(_ bytes: [UInt8]) {
        let reader = state.withLock { state -> CheckedContinuation<Void, Never>? in
            if state.isClosed || state.hasInputEnded || state.inputBytes > Self.overfull { return nil }
            state.input.append(bytes)
            state.inputBytes += bytes.count
            defer { state.reader = nil }
            return state.reader
        }
        reader?.resume()
    }

    /// Whether the socket may be read; if not, `goOnReading` follows when it may.
    func takesMore() -> Bool {
        state.withLock { state in
            if state.inputBytes < Self.inputLimit, state.input.count < Self.messageLimit { return true }
            state.isReadHeld = true
            return false
        }
    }

    /// The client sends nothing more.
    func endInput() {
        let reader = state.withLock { state in
            state.hasInputEnded = true
            defer { state.reader = nil }
            return state.reader
        }
        reader?.resume()
    }

    /// The socket has taken these, or nobody will.
    func sent(_ messages: [SessionMessage]) {
        let writers = state.withLock { state -> [CheckedContinuation<Void, Never>] in
            for message in messages { state.unsent -= message.bytes.count + Self.messageCost }
            guard state.unsent < Self.outputLimit else { return [] }
            defer { state.writers = [:] }
            return Array(state.writers.values)
        }
        for writer in writers { writer.resume() }
    }

    /// Nothing is sent or received any more.
    func close() {
        let waiting = state.withLock { state in
            state.isClosed = true
            state.input.removeAll()
            state.inputBytes = 0
            state.output.removeAll()
            let waiting = Array(state.writers.values) + (state.reader.map { [$0] } ?? [])
            state.writers = [:]
            state.reader = nil
            return waiting
        }
        for continuation in waiting { continuation.resume() }
    }
}

/// A message on its way to the client.
struct SessionMessage: Sendable {
    var bytes: [UInt8]
    var isText: Bool
}

/// The end of a link on the event loop.
protocol SessionEnd: AnyObject {
    /// The link is told when the socket has taken them.
    func send(_ messages: [SessionMessage])
    func goOnReading()
    /// Tells the client that nothing more comes, in the words of its protocol.
    func sayGoodbye(isServerStopping: Bool)
}
